// The header Retry-After: seconds or a date (RFC 9110, 10.2.3), as milliseconds from now.

import type { Millis } from '../../core/position.ts'

/** A server that asks for more is asked again after this. */
const RETRY_AFTER_MS_MAX = 300_000

/** Null when there is none or it says nothing. */
export function retryAfterMs(header: string | null, now: Millis): number | null {
  if (header === null) return null
  const text = header.trim()
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : dateMs(text) - now
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MS_MAX)
}

/** Only texts with a time in them: `Date.parse` reads "-5" as a year. */
function dateMs(text: string): number {
  return /\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
}
