// What one attempt came to, as the input that goes back to the engine.

import type { CaseAnswer } from '../core/input.ts'
import type { Millis } from '../core/position.ts'
import type { FileOutcome } from '../ports.ts'
import { backoffMs } from './backoff.ts'
import { plainText } from './case-text.ts'

export type DeliveryResult = Extract<CaseAnswer, { kind: 'delivery' }>

// A server may ask for patience, but not silence us for a day. Less than a second is no answer to "when": then our own pace counts.
const RETRY_AFTER_MIN_MS = 1_000
const RETRY_AFTER_MAX_MS = 3_600_000
const ERROR_BYTES_MAX = 1_500

export function deliveryResult(
  ticket: string,
  attempt: number,
  outcome: FileOutcome,
  now: Millis,
  draw: number,
): DeliveryResult {
  const delivery = { kind: 'delivery', ticket, attempt } as const
  if (outcome.kind === 'accepted')
    return { ...delivery, outcome: { kind: 'accepted', caseNo: outcome.caseNo } }
  const error = plainText(outcome.error, ERROR_BYTES_MAX)
  if (outcome.kind === 'rejected') return { ...delivery, outcome: { kind: 'rejected', error } }
  const waitMs = askedWaitMs(outcome) ?? backoffMs(attempt - 1, draw)
  return { ...delivery, outcome: { kind: 'retry', error, nextAt: now + waitMs } }
}

/** The wait the server asked for, at most an hour, or null. */
export function askedWaitMs(outcome: FileOutcome): number | null {
  if (outcome.kind !== 'retry' || outcome.retryAfterMs === null) return null
  if (outcome.retryAfterMs < RETRY_AFTER_MIN_MS) return null
  return Math.min(RETRY_AFTER_MAX_MS, outcome.retryAfterMs)
}
