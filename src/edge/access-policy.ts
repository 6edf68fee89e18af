// Who may do what at the broker, as a value that is handed to it. The broker's guards (sizes, rates, limits) stand before it
// and do not depend on it.

import type { RefusalReason } from './refusal.ts'

export interface WillRequest {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

export interface ConnectRequest {
  readonly clientId: string
  readonly username: string | null
  readonly password: Uint8Array | null
  readonly clean: boolean
  readonly will: WillRequest | null
  readonly keepaliveSeconds: number
  /** Where it comes from; null when the connection did not come through our listener. */
  readonly address: string | null
}

export type ConnectDecision =
  | {
      readonly allow: true
      /** Overrides the clean session flag. */
      readonly clean?: boolean
      /** False: connect, but forget the last will. */
      readonly keepWill?: boolean
    }
  | {
      readonly allow: false
      /** CONNACK return code [MQTT-3.2.2-4]: 2 identifier, 3 unavailable, 4 user or password, 5 not authorized. */
      readonly returnCode: 2 | 3 | 4 | 5
      readonly reason: RefusalReason
      readonly detail: string
    }

interface PublishTraits {
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** A last will, published by the broker in the client's name. */
  readonly will: boolean
}

export type PublishDecision =
  /** Journaled and acknowledged; nobody subscribes to it. */
  | { readonly action: 'ingest'; readonly topic: string; readonly flags: number }
  /** Handed to subscribers, kept as the topic's retained message when `retain`. */
  | { readonly action: 'deliver'; readonly retain: boolean }
  /** The connection ends. */
  | { readonly action: 'refuse'; readonly reason: RefusalReason; readonly detail: string }

/** Pure decisions, made on every packet: no waiting, no side effects. A throw counts as a refusal. */
export interface AccessPolicy {
  connect(request: ConnectRequest): ConnectDecision
  publish(clientId: string, topic: string, traits: PublishTraits): PublishDecision
  /** False: SUBACK 0x80 for this filter, the connection stays. */
  subscribe(clientId: string, filter: string, qos: 0 | 1 | 2): boolean
  /** May this client be sent this message now; asked for every delivery. */
  forward(clientId: string, topic: string): boolean
}
