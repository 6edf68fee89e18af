// What the edge remembers of each connection besides what aedes does, and which connections speak for which client id.

import type { Client } from 'aedes'
import type { ConnectDecision } from './access-policy.ts'
import type { Line } from './pace.ts'

export interface Session {
  readonly client: Client
  readonly address: string | null
  /** Null until the connection is authenticated. */
  id: string | null
  /** Counts authentications: the higher one holds the client id. */
  ordinal: number
  /** A CONNECT packet has arrived. */
  isGreeted: boolean
  /** Over: nothing is owed to this connection any more. */
  isEnded: boolean
  decision: ConnectDecision | null
  line: Line | null
  /** Publications between arrival and commit. */
  unacknowledged: number
  /** Message ids committed in this turn of the loop, in order; their PUBACKs leave together. */
  readonly toAcknowledge: number[]
  /** The topic of the last publication that went to the journal the usual way; null until there was one. */
  proven: { readonly topic: string; readonly bytes: Buffer } | null
  /** Granted subscriptions with their QoS. */
  readonly filters: Map<string, 0 | 1 | 2>
  /** QoS 2 message ids being committed, with everyone who waits for that. */
  readonly qos2Pending: Map<number, ((error: Error | null) => void)[]>
  /** QoS 2 message ids committed and not yet released. */
  readonly qos2Committed: Set<number>
}

export interface Sessions {
  begin(client: Client, address: string | null): Session
  of(client: Client | null): Session | undefined
  authenticated(session: Session, id: string, line: Line): void
  end(session: Session): void
  withId(id: string): readonly Session[]
  all(): readonly Session[]
  readonly connected: number
}

export function createSessions(): Sessions {
  const byClient = new Map<Client, Session>()
  const byId = new Map<string, Set<Session>>()
  let ordinals = 0
  let connected = 0

  return {
    begin(client, address) {
      const session: Session = {
        client,
        address,
        id: null,
        ordinal: 0,
        isGreeted: false,
        isEnded: false,
        decision: null,
        line: null,
        unacknowledged: 0,
        toAcknowledge: [],
        proven: null,
        filters: new Map(),
        qos2Pending: new Map(),
        qos2Committed: new Set(),
      }
      byClient.set(client, session)
      return session
    },
    of: (client) => (client === null ? undefined : byClient.get(client)),
    authenticated(session, id, line) {
      session.id = id
      session.ordinal = ++ordinals
      session.line = line
      connected++
      const others = byId.get(id)
      if (others === undefined) byId.set(id, new Set([session]))
      else others.add(session)
    },
    end(session) {
      if (session.isEnded) return
      session.isEnded = true
      byClient.delete(session.client)
      session.line?.close()
      if (session.id === null) return
      connected--
      const same = byId.get(session.id)
      same?.delete(session)
      if (same?.size === 0) byId.delete(session.id)
    },
    withId: (id) => [...(byId.get(id) ?? [])],
    all: () => [...byClient.values()],
    get connected() {
      return connected
    },
  }
}
