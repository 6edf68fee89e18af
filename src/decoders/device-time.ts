// Times as devices and networks write them, turned into epoch milliseconds. No time, or the zero of a clock that was never set, is
// null: the receive time counts. What is neither is refused by the name of its field.

import type { Millis } from '../core/position.ts'
import type { Refusal } from '../core/messages/reading.ts'
import { shown } from './json-values.ts'
import { refusal } from './refusal.ts'
import { parseTimestamp } from './timestamp.ts'

export type DeviceTime = Millis | null | Refusal

const DIGITS = /^\d{10}(?:\d{3})?$/

/** ISO 8601 with a zone, up to nine digits of a second, or epoch milliseconds. */
export function isoTime(field: string, value: unknown): DeviceTime {
  if (isUnset(value)) return null
  const ts = parseTimestamp(value)
  return typeof ts === 'number' ? ts : refusal('bad_timestamp', ts.replace(/^ts/, field))
}

/** Epoch milliseconds or seconds, also as text: between 2000 and 2100 the two cannot be mistaken for each other. */
export function epochTime(field: string, value: unknown): DeviceTime {
  if (isUnset(value)) return null
  const number = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value
  for (const scale of [1, 1000]) {
    const ts = typeof number === 'number' ? parseTimestamp(Math.round(number * scale)) : null
    if (typeof ts === 'number') return ts
  }
  return refusal(
    'bad_timestamp',
    `${field}: expected epoch milliseconds of a year from 2000 to 2100, got ${shown(value)}`,
  )
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === 0
}
