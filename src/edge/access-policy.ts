// Who may do what at the broker, as a value that is handed to it. The broker's guards (sizes, rates, limits) stand before it
// and do not depend on it.

import type { Millis } from '../core/position.ts'
import type { RefusalReason } from './refusal.ts'

export interface WillRequest {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

export interface ConnectRequest {
  readonly at: Millis
  readonly clientId: string
  readonly username: string | null
  readonly password: Uint8Array | null
  readonly clean: boolean
  readonly will: WillRequest | null
  readonly keepaliveSeconds: number
  /** Where it comes from; null when the connection did not come through our listener. */
  readonly address: string | null
  /** Names of a client certificate that our authority has signed (CN, then SANs); null when none was shown. */
  readonly certificate: readonly string[] | null
}

export type ConnectDecision =
  | {
      readonly allow: true
      /** The integration account it speaks for; left out: it is the device of its client id. */
      readonly account?: string
      /** What tells later whether the credential it has shown is still good (`goodUntil`). */
      readonly credential?: string
      /** Overrides the clean session flag. */
      readonly clean?: boolean
      /** False: connect, but forget the last will. */
      readonly keepWill?: boolean
      /** The credential ends then, and the connection with it. */
      readonly until?: Millis
    }
  | {
      readonly allow: false
      /** CONNACK return code [MQTT-3.2.2-4]: 2 identifier, 3 unavailable, 4 user or password, 5 not authorized. */
      readonly returnCode: 2 | 3 | 4 | 5
      readonly reason: RefusalReason
      readonly detail: string
    }

/** Who speaks on a connection, as `connect` has let it in. */
export interface Principal {
  readonly clientId: string
  /** The integration account, or null for a device. */
  readonly account: string | null
}

interface PublishTraits {
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** A last will, published by the broker in the client's name. */
  readonly will: boolean
}

export type PublishDecision =
  /** Journaled and acknowledged; nobody subscribes to it. */
  | {
      readonly action: 'ingest'
      readonly topic: string
      readonly flags: number
      /** Who the record says has sent it, when that is not the client id. */
      readonly sender?: string
    }
  /** Handed to subscribers, kept as the topic's retained message when `retain`. */
  | { readonly action: 'deliver'; readonly retain: boolean }
  /** The connection ends. */
  | { readonly action: 'refuse'; readonly reason: RefusalReason; readonly detail: string }

/** Pure decisions, made on every packet: no waiting, no side effects. A throw counts as a refusal. */
export interface AccessPolicy {
  connect(request: ConnectRequest): ConnectDecision
  publish(who: Principal, topic: string, traits: PublishTraits): PublishDecision
  /** False: SUBACK 0x80 for this filter, the connection stays. */
  subscribe(who: Principal, filter: string, qos: 0 | 1 | 2): boolean
  /** May this client be sent this message now; asked for every delivery. */
  forward(who: Principal, topic: string): boolean
  /** Until when the credential of an open connection is good; null: it has shown a certificate. */
  goodUntil?(who: Principal, credential: string | null): Millis
}
