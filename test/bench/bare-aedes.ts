// The yardstick: aedes as it is, acknowledging from memory. Prints its port.

import { createServer } from 'node:net'
import { Aedes } from 'aedes'

const broker = await Aedes.createBroker({ concurrency: 1000 })
const server = createServer(broker.handle)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(
    `listening ${typeof address === 'object' && address !== null ? address.port : 0}\n`,
  )
})
process.on('SIGTERM', () => {
  server.close()
  broker.close()
  process.exit(0)
})
