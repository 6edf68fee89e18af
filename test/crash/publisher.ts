// Publishes the story with QoS 1 and remembers every PUBACK. A connection that breaks is made again; what was not acknowledged is
// sent again, in order, as a device would.

import { connect, type MqttClient } from 'mqtt'
import type { StoryDevice } from './story.ts'

export interface Publisher {
  /** Sequence numbers acknowledged, per device. */
  readonly acknowledged: ReadonlyMap<string, ReadonlySet<number>>
  readonly total: number
  done(): boolean
  /** Resolves when every reading of the story has been acknowledged. */
  finished: Promise<void>
  close(): Promise<void>
}

const IN_FLIGHT = 8

export function startPublisher(options: {
  readonly port: number
  readonly story: readonly StoryDevice[]
  readonly passwords: ReadonlyMap<string, string>
  /** Pause between two readings of one device. */
  readonly paceMs: number
}): Publisher {
  const acknowledged = new Map(options.story.map((device) => [device.id, new Set<number>()]))
  const clients: MqttClient[] = []
  let open = options.story.length
  let finish: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })

  for (const device of options.story) {
    const client = connect({
      host: '127.0.0.1',
      port: options.port,
      clientId: device.id,
      username: device.id,
      password: options.passwords.get(device.id) ?? '',
      reconnectPeriod: 150,
      connectTimeout: 3_000,
      keepalive: 30,
    })
    client.on('error', () => {})
    clients.push(client)
    const acks = acknowledged.get(device.id)
    let next = 0
    let inFlight = 0

    const pump = () => {
      while (inFlight < IN_FLIGHT && next < device.readings.length) {
        const reading = device.readings[next++]
        if (reading === undefined) break
        inFlight++
        client.publish(device.topic, JSON.stringify({ v: 1, ...reading }), { qos: 1 }, (error) => {
          if (error !== undefined && error !== null) return
          inFlight--
          acks?.add(reading.seq)
          if (acks?.size === device.readings.length && --open === 0) finish()
          setTimeout(pump, options.paceMs)
        })
        if (options.paceMs > 0) break
      }
    }
    client.once('connect', pump)
  }

  return {
    acknowledged,
    get total() {
      let sum = 0
      for (const acks of acknowledged.values()) sum += acks.size
      return sum
    },
    done: () => open === 0,
    finished,
    async close() {
      await Promise.all(clients.map((client) => client.endAsync(true)))
    },
  }
}
