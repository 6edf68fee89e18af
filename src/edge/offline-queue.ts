// Messages on their way to one persistent client: kept until it acknowledges them, across reconnects, with a cap and an age.

import type { Millis } from '../core/position.ts'

/** The fields of a packet that aedes needs to send it again. */
export interface StoredPacket {
  readonly cmd: 'publish' | 'pubrel'
  readonly brokerId?: string | undefined
  readonly brokerCounter?: number | undefined
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly dup: boolean
  readonly messageId?: number | undefined
}

interface Item {
  readonly counter: number
  readonly queuedAt: Millis
  packet: StoredPacket
}

export interface OfflineQueue {
  add(packet: StoredPacket, now: Millis): void
  /** The copy counted `counter` has been sent under this message id. */
  sent(counter: number | undefined, messageId: number): void
  /** The receiver has the message (PUBREC); only its release is outstanding. */
  received(messageId: number): void
  take(messageId: number): StoredPacket | undefined
  /** Oldest first; what was sent before carries the DUP flag [MQTT-3.3.1-1]. */
  list(now: Millis): readonly StoredPacket[]
  clear(): void
  readonly size: number
}

export function createOfflineQueue(options: {
  readonly max: number
  readonly keptForMs: number
  /** Told of every change of the bytes held; positive numbers ask, and false means there is no room. */
  readonly reserve: (bytes: number) => boolean
  readonly onDropped: () => void
}): OfflineQueue {
  // In order of arrival; keyed by the broker's counter, which is unique within a run.
  const items = new Map<number, Item>()
  const counterOf = new Map<number, number>()

  function remove(item: Item): void {
    items.delete(item.counter)
    if (item.packet.messageId !== undefined) counterOf.delete(item.packet.messageId)
    options.reserve(-item.packet.payload.length)
  }

  function dropOld(now: Millis): void {
    for (const item of items.values()) {
      if (now - item.queuedAt < options.keptForMs) return
      remove(item)
      options.onDropped()
    }
  }

  function withMessageId(messageId: number): Item | undefined {
    return items.get(counterOf.get(messageId) ?? -1)
  }

  return {
    add(packet, now) {
      dropOld(now)
      const counter = packet.brokerCounter ?? 0
      if (items.has(counter)) return
      if (!options.reserve(packet.payload.length)) {
        options.onDropped()
        return
      }
      items.set(counter, { counter, queuedAt: now, packet })
      if (items.size <= options.max) return
      const oldest = items.values().next()
      if (oldest.done !== true) {
        remove(oldest.value)
        options.onDropped()
      }
    },
    sent(counter, messageId) {
      const item = items.get(counter ?? -1)
      if (item === undefined) return
      if (item.packet.messageId !== undefined) counterOf.delete(item.packet.messageId)
      item.packet = { ...item.packet, messageId }
      counterOf.set(messageId, item.counter)
    },
    received(messageId) {
      const item = withMessageId(messageId)
      if (item === undefined) return
      options.reserve(-item.packet.payload.length)
      item.packet = { ...item.packet, cmd: 'pubrel', payload: Buffer.alloc(0) }
    },
    take(messageId) {
      const item = withMessageId(messageId)
      if (item === undefined) return undefined
      remove(item)
      return item.packet
    },
    list(now) {
      dropOld(now)
      return Array.from(items.values(), ({ packet }) => ({
        ...packet,
        dup: packet.cmd === 'publish' && packet.messageId !== undefined,
      }))
    },
    clear() {
      for (const item of items.values()) remove(item)
    },
    get size() {
      return items.size
    },
  }
}
