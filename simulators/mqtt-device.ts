// One device's MQTT 3.1.1 connection over a raw socket: sign-in with a last will, QoS 1 publishing that is repeated until it is
// acknowledged, keep-alive, reconnect with backoff. Kept lean because a fleet holds one of these per device.

import { connect as openSocket, type Socket } from 'node:net'
import { generate, parser, type Packet } from 'mqtt-packet'
import type { Clock } from '../src/ports.ts'

export interface MqttDeviceOptions {
  readonly host: string
  readonly port: number
  readonly id: string
  readonly password: string
  readonly statusTopic: string
  readonly clock: Clock
  /** A message was acknowledged. */
  readonly onAck: () => void
  /** Told once per failed or lost connection. */
  readonly onTrouble: (reason: string) => void
}

export interface MqttDevice {
  /** Resolves when signed in for the first time or after `close`; trouble is retried for ever. */
  open(): Promise<void>
  /** False when too much is waiting already: the message is dropped, as a device with a full memory would. */
  publish(topic: string, payload: string): boolean
  readonly isOnline: boolean
  /** Messages that wait for their acknowledgement. */
  readonly waiting: number
  /** Drops the line without a word, so that the broker publishes the will; comes back by itself after `ms`. */
  cut(ms: number): void
  close(): void
}

const KEEP_ALIVE_SECONDS = 60
const WAITING_MAX = 100
const BACKOFF_MIN_MS = 500
const BACKOFF_MAX_MS = 30_000
const SIGN_IN_MAX_MS = 10_000

export function createMqttDevice(options: MqttDeviceOptions): MqttDevice {
  const { clock, id } = options
  const waiting = new Map<number, { readonly topic: string; readonly payload: string }>()
  let socket: Socket | null = null
  let isOnline = false
  let isClosed = false
  let messageId = 0
  let backoffMs = BACKOFF_MIN_MS
  let cancelTimer: (() => void) | null = null
  let opened: (() => void) | null = null

  function dial(): void {
    const line = openSocket({ host: options.host, port: options.port, noDelay: true })
    const packets = parser({ protocolVersion: 4 })
    let trouble = 'the broker closed the connection'
    socket = line
    packets.on('packet', handle)
    packets.on('error', (error: Error) => line.destroy(error))
    line.on('connect', () => {
      send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: id,
        username: id,
        password: Buffer.from(options.password),
        keepalive: KEEP_ALIVE_SECONDS,
        will: { topic: options.statusTopic, payload: '{"state":"offline"}', qos: 1, retain: true },
      })
    })
    line.on('data', (bytes) => packets.parse(bytes))
    line.on('error', (error) => {
      trouble = error.message
    })
    line.on('close', () => {
      cancelTimer?.()
      isOnline = false
      socket = null
      if (isClosed) return
      options.onTrouble(trouble)
      cancelTimer = clock.after(backoffMs, dial)
      backoffMs = Math.min(BACKOFF_MAX_MS, backoffMs * 2)
    })
    cancelTimer = clock.after(SIGN_IN_MAX_MS, () =>
      line.destroy(new Error('no answer to the sign-in')),
    )
  }

  function handle(packet: Packet): void {
    if (packet.cmd === 'connack') {
      if (packet.returnCode !== 0) {
        socket?.destroy(
          new Error(`the broker refused the sign-in with code ${String(packet.returnCode)}`),
        )
        return
      }
      isOnline = true
      backoffMs = BACKOFF_MIN_MS
      cancelTimer?.()
      keepAlive()
      transmit(nextId(), options.statusTopic, '{"state":"online"}', true, false)
      // [MQTT-4.4.0-1] asks for this on a kept session; on a clean one it is what makes delivery at least once.
      for (const [waitingId, message] of waiting)
        transmit(waitingId, message.topic, message.payload, false, true)
      opened?.()
    } else if (
      packet.cmd === 'puback' &&
      packet.messageId !== undefined &&
      waiting.delete(packet.messageId)
    ) {
      options.onAck()
    }
  }

  function keepAlive(): void {
    cancelTimer = clock.after((KEEP_ALIVE_SECONDS * 1000) / 2, () => {
      send({ cmd: 'pingreq' })
      keepAlive()
    })
  }

  function transmit(
    withId: number,
    topic: string,
    payload: string,
    retain: boolean,
    dup: boolean,
  ): void {
    send({ cmd: 'publish', topic, payload, qos: 1, retain, dup, messageId: withId })
  }

  function send(packet: Packet): void {
    socket?.write(generate(packet))
  }

  /** Free ids come round again: at most WAITING_MAX of 65,535 are taken. */
  function nextId(): number {
    do messageId = (messageId % 65_535) + 1
    while (waiting.has(messageId))
    return messageId
  }

  return {
    open() {
      return new Promise((resolve) => {
        opened = resolve
        dial()
      })
    },
    publish(topic, payload) {
      if (waiting.size >= WAITING_MAX) return false
      const withId = nextId()
      waiting.set(withId, { topic, payload })
      if (isOnline) transmit(withId, topic, payload, false, false)
      return true
    },
    get isOnline() {
      return isOnline
    },
    get waiting() {
      return waiting.size
    },
    cut(ms) {
      backoffMs = Math.max(BACKOFF_MIN_MS, ms)
      socket?.destroy()
    },
    close() {
      isClosed = true
      cancelTimer?.()
      if (isOnline) send({ cmd: 'disconnect' })
      socket?.end()
      socket?.destroySoon()
      opened?.()
    },
  }
}
