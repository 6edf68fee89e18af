// Worker thread that publishes with QoS 1 over raw sockets: a template per connection, patched in place, so that the loader costs
// as little as possible beside the server it measures.

import { connect as dial, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { generate } from 'mqtt-packet'
import { createHistogram } from './histogram.ts'

export interface LoaderTask {
  readonly port: number
  readonly devices: readonly {
    readonly id: string
    readonly topic: string
    readonly password: string | null
  }[]
  /** Unacknowledged messages per connection. */
  readonly window: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Messages per second over all connections; 0: as fast as the acknowledgements come. */
  readonly rate: number
  /** First time stamp in the payloads, 13 digits. */
  readonly firstTs: number
}

export interface LoaderResult {
  readonly acknowledged: number
  readonly seconds: number
  readonly histogram: Float64Array
  readonly broken: number
  /** All acknowledged messages, warm-up included. */
  readonly total: number
}

const task = workerData as LoaderTask
const histogram = createHistogram()
// One clock for all devices, as they have in the field: readings arrive in the order of their times.
let nextTs = task.firstTs
let measuring = false
let stopping = false
let acknowledged = 0
let total = 0
let broken = 0

interface Connection {
  send(): void
  inFlight: number
}

function open(device: LoaderTask['devices'][number]): Promise<Connection> {
  const payload = `{"v":1,"ts":${task.firstTs},"m":{"power":92.5,"voltage":229.8,"current":0.41,"leakage_current":1.2}}`
  const template = generate({
    cmd: 'publish',
    topic: device.topic,
    payload,
    qos: 1,
    messageId: 1,
    retain: false,
    dup: false,
    length: 0,
  })
  const idAt = template.indexOf(device.topic) + Buffer.byteLength(device.topic)
  const tsAt = template.indexOf(String(task.firstTs))
  const sentAt = new Float64Array(65_536)
  let messageId = 0
  let carry: Buffer = Buffer.alloc(0)

  return new Promise((resolve, reject) => {
    const socket: Socket = dial({ host: '127.0.0.1', port: task.port, noDelay: true })
    const connection: Connection = {
      inFlight: 0,
      send() {
        messageId = messageId === 65_535 ? 1 : messageId + 1
        const packet = Buffer.from(template)
        packet.writeUInt16BE(messageId, idAt)
        packet.write(String(nextTs++), tsAt, 'latin1')
        sentAt[messageId] = performance.now()
        connection.inFlight++
        socket.write(packet)
      },
    }
    let connected = false
    socket.on('connect', () => {
      socket.write(
        generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          clientId: device.id,
          keepalive: 120,
          ...(device.password === null
            ? {}
            : { username: device.id, password: Buffer.from(device.password) }),
        }),
      )
    })
    socket.on('data', (chunk: Buffer) => {
      const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk])
      let at = 0
      const now = performance.now()
      // CONNACK and PUBACK are both four bytes.
      for (; at + 4 <= bytes.length; at += 4) {
        if (bytes[at] === 0x20) {
          if (bytes[at + 3] !== 0) reject(new Error(`CONNACK ${bytes[at + 3]} for ${device.id}`))
          connected = true
          resolve(connection)
        } else if (bytes[at] === 0x40) {
          connection.inFlight--
          total++
          if (measuring) {
            acknowledged++
            histogram.add((now - (sentAt[bytes.readUInt16BE(at + 2)] ?? now)) * 1000)
          }
          if (task.rate === 0 && !stopping) connection.send()
        }
      }
      carry = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      if (!stopping) broken++
      if (!connected) reject(new Error(`Connection of ${device.id} was closed before CONNACK`))
    })
    closers.push(() => socket.destroy())
  })
}

const closers: (() => void)[] = []
const connections: Connection[] = []
for (let at = 0; at < task.devices.length; at += 50)
  connections.push(...(await Promise.all(task.devices.slice(at, at + 50).map(open))))

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
let pacer: ReturnType<typeof setInterval> | null = null
if (task.rate === 0)
  for (const connection of connections)
    for (let index = 0; index < task.window; index++) connection.send()
else {
  let sent = 0
  const began = performance.now()
  pacer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * task.rate)
    for (; sent < due; sent++) {
      const connection = connections[sent % connections.length]
      if (connection !== undefined && connection.inFlight < task.window) connection.send()
    }
  }, 1)
}
parentPort?.postMessage({ kind: 'running' })
await wait(task.warmUpSeconds * 1000)
measuring = true
const began = performance.now()
await wait(task.seconds * 1000)
measuring = false
const seconds = (performance.now() - began) / 1000
stopping = true
if (pacer !== null) clearInterval(pacer)
for (
  let round = 0;
  round < 100 && connections.some((connection) => connection.inFlight > 0);
  round++
)
  await wait(50)
for (const close of closers) close()
const result: LoaderResult = { acknowledged, seconds, histogram: histogram.counts, broken, total }
parentPort?.postMessage({ kind: 'result', result })
