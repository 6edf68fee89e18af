// The connections of a whole fleet: opened a few at a time, counted together, closed together.

import type { Clock } from '../src/ports.ts'
import type { Credential } from './api-client.ts'
import type { NewDevice } from './city.ts'
import { createMqttDevice, type MqttDevice } from './mqtt-device.ts'
import { topicOf } from './payload.ts'

export interface MqttFleet {
  /** Resolves when every device has signed in. Rejects when they have not after `OPEN_MAX_MS`. */
  open(): Promise<void>
  publish(client: string, topic: string, payload: string): void
  cut(client: string, ms: number): void
  status(): FleetStatus
  /** Resolves when nothing waits for an acknowledgement, or after `maxMs`: true when all is acknowledged. */
  drained(maxMs: number): Promise<boolean>
  close(): void
}

export interface FleetStatus {
  readonly devices: number
  readonly online: number
  readonly published: number
  readonly acknowledged: number
  readonly waiting: number
  /** Not sent because too much was waiting. */
  readonly dropped: number
  /** Connections that failed or were lost. */
  readonly troubles: number
  readonly lastTrouble: string | null
}

const OPENING_AT_ONCE = 32
const OPEN_MAX_MS = 60_000
const LOOK_EVERY_MS = 50

export function createMqttFleet(options: {
  readonly host: string
  readonly port: number
  readonly devices: readonly NewDevice[]
  readonly credentials: ReadonlyMap<string, Credential>
  readonly clock: Clock
}): MqttFleet {
  const { clock } = options
  let published = 0
  let acknowledged = 0
  let dropped = 0
  let troubles = 0
  let lastTrouble: string | null = null
  const connections = new Map<string, MqttDevice>(
    options.devices.map((device) => [
      device.id,
      createMqttDevice({
        host: options.host,
        port: options.port,
        id: device.id,
        password: options.credentials.get(device.id)?.password ?? '',
        statusTopic: topicOf(device, 'status'),
        clock,
        onAck: () => {
          acknowledged += 1
        },
        onTrouble: (reason) => {
          troubles += 1
          lastTrouble = `${device.id}: ${reason}`
        },
      }),
    ]),
  )

  const all = (): readonly MqttDevice[] => [...connections.values()]
  const waiting = (): number => all().reduce((sum, device) => sum + device.waiting, 0)
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(ms, resolve))

  return {
    async open() {
      const queue = connections.values()
      const worker = async (): Promise<void> => {
        for (const device of queue) await device.open()
      }
      const late = Promise.withResolvers<never>()
      const cancel = clock.after(OPEN_MAX_MS, () => {
        const online = all().filter((device) => device.isOnline).length
        late.reject(
          new Error(
            `Cannot connect the fleet: expected ${connections.size} devices signed in within ${OPEN_MAX_MS / 1000} s, got ${online} (${lastTrouble ?? 'no reason given'})`,
          ),
        )
      })
      try {
        await Promise.race([
          Promise.all(Array.from({ length: OPENING_AT_ONCE }, worker)),
          late.promise,
        ])
      } finally {
        cancel()
      }
    },
    publish(client, topic, payload) {
      if (connections.get(client)?.publish(topic, payload) === true) published += 1
      else dropped += 1
    },
    cut(client, ms) {
      connections.get(client)?.cut(ms)
    },
    status: () => ({
      devices: connections.size,
      online: all().filter((device) => device.isOnline).length,
      published,
      acknowledged,
      waiting: waiting(),
      dropped,
      troubles,
      lastTrouble,
    }),
    async drained(maxMs) {
      for (let left = maxMs; waiting() > 0; left -= LOOK_EVERY_MS) {
        if (left <= 0) return false
        await pause(LOOK_EVERY_MS)
      }
      return true
    },
    close() {
      for (const device of connections.values()) device.close()
    },
  }
}
