// The spelling of time that devices and JSON libraries write, `"2026-11-01T22:30:00.000+08:00"`, read from bytes. Other spellings
// of ISO 8601 are NaN here and left to `timestamp.ts`.

import type { Scan } from './json-scan.ts'
import { daysInMonth } from './timestamp.ts'

const QUOTE = 0x22
const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const COLON = 0x3a
const UPPER_T = 0x54
const UPPER_Z = 0x5a
const MINUTE_MS = 60_000

/** Stands on the opening quote; NaN is no plain time. Seconds are there, the fraction has three digits or is missing. */
export function readPlainTime(scan: Scan): number {
  const { bytes } = scan
  let at = scan.at + 1
  const year = two(bytes, at) * 100 + two(bytes, at + 2)
  const month = two(bytes, at + 5)
  const day = two(bytes, at + 8)
  const hour = two(bytes, at + 11)
  const minute = two(bytes, at + 14)
  const second = two(bytes, at + 17)
  if (
    bytes[at + 4] !== MINUS ||
    bytes[at + 7] !== MINUS ||
    bytes[at + 10] !== UPPER_T ||
    bytes[at + 13] !== COLON ||
    bytes[at + 16] !== COLON
  )
    return Number.NaN
  // Comparisons with NaN are false, so that no digit missing passes.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN
  at += 19
  let millis = 0
  if (bytes[at] === POINT) {
    millis = two(bytes, at + 1) * 10 + (two(bytes, at + 2) % 10)
    at += 4
  }
  let offset = 0
  const sign = bytes[at]
  if (sign === UPPER_Z) at += 1
  else if ((sign === PLUS || sign === MINUS) && bytes[at + 3] === COLON) {
    const hours = two(bytes, at + 1)
    const minutes = two(bytes, at + 4)
    if (!(hours <= 23 && minutes <= 59)) return Number.NaN
    offset = (sign === PLUS ? 1 : -1) * (hours * 60 + minutes)
    at += 6
  } else return Number.NaN
  if (bytes[at] !== QUOTE) return Number.NaN
  scan.at = at + 1
  return Date.UTC(year, month - 1, day, hour, minute, second, millis) - offset * MINUTE_MS
}

/** Two digits, or NaN. */
function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30
  const ones = (bytes[at + 1] ?? 0) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
