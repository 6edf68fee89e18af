// Worker thread of the soak: one client that publishes as fast as its socket takes it, QoS 0 and 1 mixed, and comes back at once when it
// is thrown out.

import { connect as dial } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { connectPacket, createAckReader, publishPacket } from '../crash/wire.ts'
import type { SoakDevice } from './soak-fleet.ts'

export interface FlooderTask {
  readonly port: number
  readonly device: SoakDevice
  /** Time of its first reading; the others follow millisecond by millisecond. */
  readonly firstTs: number
}

export interface FlooderResult {
  readonly sent: readonly [qos0: number, qos1: number]
  readonly acknowledged: number
  /** How often its connection was ended. */
  readonly thrownOut: number
  readonly seconds: number
}

const task = workerData as FlooderTask
const port = parentPort
if (port === null) throw new Error('Cannot run: expected a worker thread')
const AGAIN_MS = 200
const BURST = 50

const sent: [number, number] = [0, 0]
let acknowledged = 0
let thrownOut = 0
let ts = task.firstTs
let messageId = 0
let isStopping = false
let end: () => void = () => {}
const began = performance.now()

function open(): void {
  const read = createAckReader()
  const socket = dial({ host: '127.0.0.1', port: task.port, noDelay: true })
  end = () => socket.destroy()
  let isOpen = false
  const mayPour = () => isOpen && !isStopping
  /** As much as fits; the loop must turn, or no acknowledgement would be read. */
  const pour = () => {
    while (mayPour()) {
      const burst: Buffer[] = []
      for (let count = 0; count < BURST; count++) {
        const qos = count % 2 === 0 ? 1 : 0
        messageId = messageId === 65_535 ? 1 : messageId + 1
        burst.push(
          publishPacket({
            topic: task.device.topic,
            payload: `{"v":1,"ts":${ts++},"m":${task.device.measured}}`,
            qos,
            messageId,
          }),
        )
        sent[qos]++
      }
      if (!socket.write(Buffer.concat(burst))) {
        socket.once('drain', () => setImmediate(pour))
        return
      }
    }
  }
  socket.on('error', () => {})
  socket.once('connect', () =>
    socket.write(
      connectPacket({
        clientId: task.device.id,
        username: task.device.id,
        password: task.device.password,
        keepaliveSeconds: 60,
      }),
    ),
  )
  socket.on('data', (bytes: Buffer) => {
    for (const ack of read(bytes))
      if (ack.kind === 'puback') acknowledged++
      else if (ack.value === 0) {
        isOpen = true
        pour()
      }
  })
  socket.once('close', () => {
    isOpen = false
    if (isStopping) return
    thrownOut++
    setTimeout(open, AGAIN_MS)
  })
}

open()
port.once('message', () => {
  isStopping = true
  // A moment for the last acknowledgements.
  setTimeout(() => {
    end()
    const seconds = (performance.now() - began) / 1000
    port.postMessage({ sent, acknowledged, thrownOut, seconds } satisfies FlooderResult)
    port.close()
  }, 500)
})
