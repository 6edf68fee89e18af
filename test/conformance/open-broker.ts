// The product's own broker, guards and limits included, under a policy that lets everybody in: for MQTT 3.1.1 conformance and
// robustness checks from outside. `node test/conformance/open-broker.ts --port N` prints `listening <port>`; with `--ws N` it serves
// WebSocket too and prints `websocket <port>`.

import { parseArgs } from 'node:util'
import { systemClock } from '../../src/clock.ts'
import { createBroker } from '../../src/edge/broker.ts'
import { openLimits, openPolicy } from './open-policy.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const { values } = parseArgs({
  options: { port: { type: 'string', default: '1883' }, ws: { type: 'string' } },
})
const port = Number(values.port)
const webSocketPort = values.ws === undefined ? null : Number(values.ws)
const isPort = (number: number): boolean =>
  Number.isInteger(number) && number >= 0 && number <= 65_535
if (!isPort(port) || (webSocketPort !== null && !isPort(webSocketPort))) {
  process.stderr.write(
    `Cannot listen: expected --port and --ws from 0 to 65535, got "${values.port}" and "${values.ws ?? ''}"\n`,
  )
  process.exitCode = 2
} else {
  const broker = await createBroker({
    journal: { append: (_entry, done) => done({ kind: 'refused', reason: 'closed' }) },
    policy: openPolicy,
    limits: openLimits,
    clock: systemClock,
    log: silent,
    onRefused: (reason, about) =>
      process.stderr.write(`refused ${JSON.stringify({ reason, ...about })}\n`),
  })
  const bound = await broker.listen({ host: '127.0.0.1', port })
  process.stdout.write(`listening ${bound.port}\n`)
  if (webSocketPort !== null) {
    const door = await broker.listen({ host: '127.0.0.1', port: webSocketPort, kind: 'ws' })
    process.stdout.write(`websocket ${door.port}\n`)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void broker.close())
}
