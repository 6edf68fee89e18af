// Times of Chinese industry formats: Beijing wall clock without a zone. China keeps UTC+8 the whole year.

import type { Millis } from '../core/position.ts'
import { daysInMonth } from './timestamp.ts'

const OFFSET_MS = 8 * 3_600_000

/** Digits `yyyyMMddHHmmss`, with milliseconds behind them or not; NaN when no such time exists. */
export function beijingTime(digits: string): Millis {
  if (!/^\d{14}(?:\d{3})?$/.test(digits)) return Number.NaN
  const year = Number(digits.slice(0, 4))
  const month = Number(digits.slice(4, 6))
  const day = Number(digits.slice(6, 8))
  const hour = Number(digits.slice(8, 10))
  const minute = Number(digits.slice(10, 12))
  const second = Number(digits.slice(12, 14))
  if (year < 2000 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))
    return Number.NaN
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN
  const millis = Number(digits.slice(14))
  return Date.UTC(year, month - 1, day, hour, minute, second, millis) - OFFSET_MS
}
