// Which persistent sessions want a topic at QoS 1 or 2. Exact filters, which is what devices have, are found by one look-up.

import { filterMatches, isWildcard } from './topic-rules.ts'

export interface StoredSubscription {
  readonly topic: string
  readonly qos: 0 | 1 | 2
}

interface Subscriber {
  readonly clientId: string
  readonly topic: string
  readonly qos: 0 | 1 | 2
}

export interface SubscriptionIndex {
  add(filter: string, clientId: string, qos: 0 | 1 | 2): void
  remove(filter: string, clientId: string): void
  matching(topic: string): Subscriber[]
  readonly size: number
}

type Holders = Map<string, 0 | 1 | 2>

export function createSubscriptionIndex(): SubscriptionIndex {
  const exact = new Map<string, Holders>()
  const wild = new Map<string, Holders>()

  function tableOf(filter: string): Map<string, Holders> {
    return isWildcard(filter) ? wild : exact
  }

  return {
    add(filter, clientId, qos) {
      const table = tableOf(filter)
      const holders = table.get(filter)
      if (holders === undefined) table.set(filter, new Map([[clientId, qos]]))
      else holders.set(clientId, qos)
    },
    remove(filter, clientId) {
      const table = tableOf(filter)
      const holders = table.get(filter)
      holders?.delete(clientId)
      if (holders?.size === 0) table.delete(filter)
    },
    matching(topic) {
      const best = new Map<string, Subscriber>()
      const offer = (filter: string, holders: Holders): void => {
        for (const [clientId, qos] of holders) {
          const known = best.get(clientId)
          if (known === undefined || known.qos < qos)
            best.set(clientId, { clientId, topic: filter, qos })
        }
      }
      const direct = exact.get(topic)
      if (direct !== undefined) offer(topic, direct)
      for (const [filter, holders] of wild) if (filterMatches(filter, topic)) offer(filter, holders)
      return [...best.values()]
    },
    get size() {
      let size = 0
      for (const table of [exact, wild]) for (const holders of table.values()) size += holders.size
      return size
    },
  }
}
