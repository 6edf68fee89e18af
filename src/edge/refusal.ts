// Why the edge turned something away: stable reasons, counted, told to the caller and logged in one place.

import type { Clock } from '../ports.ts'
import { createBrakedLog } from './log.ts'
import type { Log } from './log.ts'
import { createRefusalLog } from './refusal-log.ts'

export type RefusalReason =
  | 'bad_credentials'
  | 'unknown_client'
  | 'foreign_identity'
  | 'revoked'
  | 'credential_over'
  | 'sign_in_brake'
  | 'bad_client_id'
  | 'unsupported_version'
  | 'will_not_allowed'
  | 'connect_timeout'
  | 'too_many_connections'
  | 'too_many_per_address'
  | 'connection_rate'
  | 'tls_handshake'
  | 'bad_certificate'
  | 'bad_upgrade'
  | 'foreign_origin'
  | 'queue_before_connack'
  | 'packet_too_large'
  | 'bad_packet'
  | 'bad_topic'
  | 'foreign_topic'
  | 'subscription_denied'
  | 'too_many_subscriptions'
  | 'rate'
  | 'too_many_unacknowledged'
  | 'overloaded'
  | 'qos2_window'
  | 'slow_reader'
  | 'journal_refused'
  | 'journal_unknown'
  | 'internal'

/** Whom it concerns; a session is one. Null: not known, or not yet. */
export interface Whom {
  readonly id: string | null
  readonly address: string | null
}

export const NOBODY: Whom = { id: null, address: null }

export interface RefusalContext {
  readonly client: string | null
  readonly address: string | null
  readonly topic: string | null
  /** What failed, the value, and what was expected; at most 300 characters. */
  readonly detail: string
}

export type OnRefused = (reason: RefusalReason, context: RefusalContext) => void

export interface Refusals {
  /** Counts, logs and tells; returns the error that aedes is handed, which ends the connection. Never throws. */
  refuse(reason: RefusalReason, whom: Whom, topic: string | null, detail: string): Error
  /** Only counts: for what is told once and comes again and again. */
  count(reason: RefusalReason): void
  /** Nothing is refused, only made to wait: the log says so. */
  slowed(whom: Whom, detail: string): void
  counts(): Readonly<Record<string, number>>
  /** Logs what it has only counted so far. */
  close(): void
}

const DETAIL_CHARACTERS = 300

export function createRefusals(options: {
  readonly log: Log
  readonly clock: Clock
  /** All are told of every refusal, in this order. */
  readonly listeners: readonly OnRefused[]
}): Refusals {
  const counts = new Map<RefusalReason, number>()
  const log = createRefusalLog(options)
  const writeFailure = createBrakedLog(options.log, options.clock)

  function count(reason: RefusalReason): void {
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }

  return {
    refuse(reason, whom, topic, detail) {
      count(reason)
      const context = {
        client: clip(whom.id),
        address: whom.address,
        topic: clip(topic),
        detail: detail.slice(0, DETAIL_CHARACTERS),
      }
      for (const tell of options.listeners)
        try {
          tell(reason, context)
        } catch (error) {
          writeFailure('error', { err: error, reason }, 'refusal listener failed')
        }
      log.write('refused at the MQTT door', { reason, ...context })
      return new Error(`Refused (${reason}): ${context.detail}`)
    },
    count,
    slowed(whom, detail) {
      const { id, address } = whom
      log.write('slowed at the MQTT door', {
        reason: 'rate',
        client: clip(id),
        address,
        topic: null,
        detail,
      })
    },
    counts: () => Object.fromEntries(counts),
    close: () => log.close(),
  }
}

function clip(text: string | null): string | null {
  return text === null ? null : text.slice(0, DETAIL_CHARACTERS)
}
