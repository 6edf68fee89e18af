// Worker thread of the soak: well-behaved devices, each on a real socket, each publishing with QoS 1 at its interval. A device whose
// connection ends comes back and sends again what was not acknowledged. Every acknowledgement is remembered.

import { connect as dial, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { connectPacket, createAckReader, pingPacket, publishPacket } from '../crash/wire.ts'
import { createHistogram } from './histogram.ts'
import type { SoakDevice } from './soak-fleet.ts'

export interface DevicesTask {
  readonly port: number
  readonly devices: readonly SoakDevice[]
  readonly intervalMs: number
}

export type ToDevices = { readonly kind: 'stop' }

export type FromDevices =
  | { readonly kind: 'connected'; readonly seconds: number }
  | {
      readonly kind: 'progress'
      readonly connected: number
      readonly sent: number
      readonly acknowledged: number
      readonly broken: number
    }
  | {
      readonly kind: 'result'
      readonly sent: number
      readonly acknowledged: number
      readonly unacknowledged: number
      /** Connections that ended although nobody wanted it. */
      readonly broken: number
      readonly refused: number
      readonly histogram: Float64Array
      readonly maxMs: number
      /** Times of the acknowledged readings, device by device. */
      readonly times: readonly Float64Array[]
    }

const task = workerData as DevicesTask
const port = parentPort
if (port === null) throw new Error('Cannot run: expected a worker thread')
const tell = (message: FromDevices) => port.postMessage(message)
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const AT_ONCE = 100
const TICK_MS = 20
const AGAIN_MS = 1_000
const DRAIN_MS = 15_000
const KEEPALIVE_SECONDS = 120
const JITTER = 0.2

const histogram = createHistogram()
let maxMs = 0
let sent = 0
let acknowledged = 0
let broken = 0
let refused = 0
let isStopping = false

interface Waiting {
  readonly ts: number
  readonly payload: string
  readonly sentAt: number
}

function createDevice(device: SoakDevice) {
  const times: number[] = []
  const waiting = new Map<number, Waiting>()
  let messageId = 0
  let socket: Socket | null = null
  let isConnected = false
  let dueAt = 0
  let pingAt = 0
  let lastTs = 0

  function send(id: number, { payload }: Waiting, dup: boolean): void {
    socket?.write(publishPacket({ topic: device.topic, payload, qos: 1, messageId: id, dup }))
  }

  function open(onOpen: () => void): void {
    const read = createAckReader()
    const opened = dial({ host: '127.0.0.1', port: task.port, noDelay: true })
    socket = opened
    opened.on('error', () => {})
    opened.once('connect', () =>
      opened.write(
        connectPacket({
          clientId: device.id,
          username: device.id,
          password: device.password,
          keepaliveSeconds: KEEPALIVE_SECONDS,
        }),
      ),
    )
    opened.on('data', (bytes: Buffer) => {
      const now = performance.now()
      for (const ack of read(bytes)) {
        if (ack.kind === 'puback') {
          const one = waiting.get(ack.value)
          if (one === undefined) continue
          waiting.delete(ack.value)
          times.push(one.ts)
          acknowledged++
          histogram.add((now - one.sentAt) * 1000)
          maxMs = Math.max(maxMs, now - one.sentAt)
        } else if (ack.value === 0) {
          isConnected = true
          for (const [id, one] of waiting) send(id, one, true)
          onOpen()
        } else refused++
      }
    })
    opened.once('close', () => {
      const was = isConnected
      isConnected = false
      if (isStopping) return
      if (was) broken++
      setTimeout(() => open(was ? () => {} : onOpen), AGAIN_MS * (0.5 + Math.random()))
    })
  }

  return {
    times,
    get isConnected() {
      return isConnected
    },
    get waiting() {
      return waiting.size
    },
    open: () => new Promise<void>((resolve) => open(resolve)),
    begin(now: number): void {
      dueAt = now + Math.random() * task.intervalMs
      pingAt = now + (KEEPALIVE_SECONDS * 1000) / 2
    },
    tick(now: number): void {
      if (!isConnected) return
      if (now >= dueAt) {
        dueAt += task.intervalMs * (1 - JITTER + 2 * JITTER * Math.random())
        pingAt = now + (KEEPALIVE_SECONDS * 1000) / 2
        messageId = messageId === 65_535 ? 1 : messageId + 1
        lastTs = Math.max(lastTs + 1, Date.now())
        const payload = `{"v":1,"ts":${lastTs},"seq":${times.length},"m":${device.measured}}`
        const one = { ts: lastTs, payload, sentAt: now }
        waiting.set(messageId, one)
        sent++
        send(messageId, one, false)
      } else if (now >= pingAt) {
        pingAt = now + (KEEPALIVE_SECONDS * 1000) / 2
        socket?.write(pingPacket())
      }
    },
    close(): void {
      socket?.destroy()
    },
  }
}

const devices = task.devices.map(createDevice)
const began = performance.now()
for (let at = 0; at < devices.length; at += AT_ONCE)
  await Promise.all(devices.slice(at, at + AT_ONCE).map((device) => device.open()))
tell({ kind: 'connected', seconds: (performance.now() - began) / 1000 })

for (const device of devices) device.begin(performance.now())
const ticker = setInterval(() => {
  const now = performance.now()
  for (const device of devices) device.tick(now)
}, TICK_MS)
const teller = setInterval(
  () =>
    tell({
      kind: 'progress',
      connected: devices.filter((device) => device.isConnected).length,
      sent,
      acknowledged,
      broken,
    }),
  1_000,
)

port.once('message', (_message: ToDevices) => {
  void (async () => {
    clearInterval(ticker)
    clearInterval(teller)
    const deadline = performance.now() + DRAIN_MS
    while (devices.some((device) => device.waiting > 0) && performance.now() < deadline)
      await wait(50)
    isStopping = true
    for (const device of devices) device.close()
    tell({
      kind: 'result',
      sent,
      acknowledged,
      unacknowledged: devices.reduce((sum, device) => sum + device.waiting, 0),
      broken,
      refused,
      histogram: histogram.counts,
      maxMs,
      times: devices.map((device) => Float64Array.from(device.times)),
    })
    port.close()
  })()
})
