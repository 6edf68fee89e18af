// Retained messages by topic, bounded in number and bytes; a new topic beyond the bound is not kept.

import type { StoredPacket } from './offline-queue.ts'
import { filterMatches, isWildcard } from './topic-rules.ts'

export interface RetainedMessages {
  /** False: there was no room. An empty payload forgets the topic [MQTT-3.3.1-10]. */
  store(packet: StoredPacket): boolean
  matching(filter: string): Iterable<StoredPacket>
  readonly size: number
}

export function createRetainedMessages(max: number, maxBytes: number): RetainedMessages {
  const byTopic = new Map<string, StoredPacket>()
  let bytes = 0

  return {
    store(packet) {
      const before = byTopic.get(packet.topic)
      if (packet.payload.length === 0) {
        byTopic.delete(packet.topic)
        bytes -= before?.payload.length ?? 0
        return true
      }
      const after = bytes + packet.payload.length - (before?.payload.length ?? 0)
      if (after > maxBytes || (before === undefined && byTopic.size >= max)) return false
      bytes = after
      byTopic.set(packet.topic, packet)
      return true
    },
    *matching(filter) {
      if (isWildcard(filter)) {
        for (const packet of byTopic.values()) if (filterMatches(filter, packet.topic)) yield packet
        return
      }
      const packet = byTopic.get(filter)
      if (packet !== undefined) yield packet
    },
    get size() {
      return byTopic.size
    },
  }
}
