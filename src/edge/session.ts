// What the edge remembers of each connection besides what aedes does, and which connections speak for which client id.

import type { Client } from 'aedes'
import type { Millis } from '../core/position.ts'
import type { ConnectDecision, Principal } from './access-policy.ts'
import type { Origin } from './origin.ts'
import type { Line } from './pace.ts'

export interface Session {
  readonly client: Client
  readonly origin: Origin
  readonly address: string | null
  /** Null until the connection is authenticated, as is its client id. */
  principal: Principal | null
  id: string | null
  /** Counts authentications: the higher one holds the client id. */
  ordinal: number
  /** A CONNECT packet has arrived. */
  isGreeted: boolean
  /** Its CONNECT had no client id: the one aedes makes up for it names nobody. */
  isAnonymous: boolean
  /** Over: nothing is owed to this connection any more. */
  isEnded: boolean
  decision: ConnectDecision | null
  /** How late the answer to a failed sign-in goes out. */
  answerDelayMs: number
  /** Silence that is allowed, and when the last packet came. */
  keepaliveMs: number
  heardAt: Millis
  /** When a flood of it was told of last. */
  toldAt: Millis
  /** The credential ends then. */
  goodUntil: Millis
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
  /** Timers to cancel when it is over. */
  readonly onEnd: (() => void)[]
}

export interface Sessions {
  begin(client: Client, origin: Origin): Session
  of(client: Client | null): Session | undefined
  authenticated(session: Session, principal: Principal, line: Line): void
  end(session: Session): void
  withId(id: string): readonly Session[]
  ofAccount(account: string): readonly Session[]
  /** How many connections the account has, besides those under this client id, which a new one would replace. */
  othersOf(principal: Principal): number
  all(): readonly Session[]
  readonly connected: number
}

export function createSessions(): Sessions {
  const byClient = new Map<Client, Session>()
  const byId = new Map<string, Set<Session>>()
  const byAccount = new Map<string, Set<Session>>()
  let ordinals = 0
  let connected = 0

  return {
    begin(client, origin) {
      const session: Session = {
        client,
        origin,
        address: origin.address,
        principal: null,
        id: null,
        ordinal: 0,
        isGreeted: false,
        isAnonymous: false,
        isEnded: false,
        decision: null,
        answerDelayMs: 0,
        keepaliveMs: 0,
        heardAt: 0,
        toldAt: Number.NEGATIVE_INFINITY,
        goodUntil: Number.POSITIVE_INFINITY,
        line: null,
        unacknowledged: 0,
        toAcknowledge: [],
        proven: null,
        filters: new Map(),
        qos2Pending: new Map(),
        qos2Committed: new Set(),
        onEnd: [],
      }
      byClient.set(client, session)
      return session
    },
    of: (client) => (client === null ? undefined : byClient.get(client)),
    authenticated(session, principal, line) {
      session.principal = principal
      session.id = principal.clientId
      session.ordinal = ++ordinals
      session.line = line
      connected++
      add(byId, principal.clientId, session)
      if (principal.account !== null) add(byAccount, principal.account, session)
    },
    end(session) {
      if (session.isEnded) return
      session.isEnded = true
      byClient.delete(session.client)
      session.line?.close()
      for (const cancel of session.onEnd.splice(0)) cancel()
      if (session.principal === null) return
      connected--
      const { clientId, account } = session.principal
      remove(byId, clientId, session)
      if (account !== null) remove(byAccount, account, session)
    },
    withId: (id) => [...(byId.get(id) ?? [])],
    ofAccount: (account) => [...(byAccount.get(account) ?? [])],
    othersOf({ account, clientId }) {
      if (account === null) return 0
      const ownPlace = [...(byId.get(clientId) ?? [])].filter(
        (session) => session.principal?.account === account,
      )
      return (byAccount.get(account)?.size ?? 0) - ownPlace.length
    },
    all: () => [...byClient.values()],
    get connected() {
      return connected
    },
  }
}

function add(index: Map<string, Set<Session>>, key: string, session: Session): void {
  const same = index.get(key)
  if (same === undefined) index.set(key, new Set([session]))
  else same.add(session)
}

function remove(index: Map<string, Set<Session>>, key: string, session: Session): void {
  const same = index.get(key)
  same?.delete(session)
  if (same?.size === 0) index.delete(key)
}
