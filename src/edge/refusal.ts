// Why the edge turned something away: stable reasons, counted, told to the caller and logged in one place.

import type { Clock } from '../ports.ts'
import { createBrakedLog } from './log.ts'
import type { Log } from './log.ts'

export type RefusalReason =
  | 'bad_credentials'
  | 'foreign_identity'
  | 'bad_client_id'
  | 'unsupported_version'
  | 'will_not_allowed'
  | 'connect_timeout'
  | 'too_many_connections'
  | 'too_many_per_address'
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

interface RefusalContext {
  readonly client: string | null
  readonly topic: string | null
  /** What failed, the value, and what was expected; at most 300 characters. */
  readonly detail: string
}

export type OnRefused = (reason: RefusalReason, context: RefusalContext) => void

export interface Refusals {
  /** Counts, logs and tells; returns the error that aedes is handed, which ends the connection. Never throws. */
  refuse(reason: RefusalReason, client: string | null, topic: string | null, detail: string): Error
  counts(): Readonly<Record<string, number>>
}

const DETAIL_CHARACTERS = 300

export function createRefusals(options: {
  readonly log: Log
  readonly clock: Clock
  readonly onRefused?: OnRefused
}): Refusals {
  const counts = new Map<RefusalReason, number>()
  const logs = new Map<RefusalReason, ReturnType<typeof createBrakedLog>>()

  /** Braked for each reason apart: a flood of one must not hide the others. */
  function logFor(reason: RefusalReason): ReturnType<typeof createBrakedLog> {
    const known = logs.get(reason)
    if (known !== undefined) return known
    const made = createBrakedLog(options.log, options.clock)
    logs.set(reason, made)
    return made
  }

  return {
    refuse(reason, client, topic, detail) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1)
      const write = logFor(reason)
      const context = {
        client: clip(client),
        topic: clip(topic),
        detail: detail.slice(0, DETAIL_CHARACTERS),
      }
      try {
        options.onRefused?.(reason, context)
      } catch (error) {
        write('error', { err: error, reason }, 'refusal listener failed')
      }
      write('warn', { reason, ...context }, 'refused at the MQTT door')
      return new Error(`Refused (${reason}): ${context.detail}`)
    },
    counts: () => Object.fromEntries(counts),
  }
}

function clip(text: string | null): string | null {
  return text === null ? null : text.slice(0, DETAIL_CHARACTERS)
}
