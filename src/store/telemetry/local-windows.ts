// Cuts time into the windows of charts: whole minutes, whole local hours and whole local days, with clock changes.

import { createLocalTime } from '../../core/time/local-time.ts'
import type { Millis } from '../../core/position.ts'
import type { TelemetryWindow } from '../../ports.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/**
 * Every zone's clock has stood off UTC by a multiple of 15 minutes since 1972, and changed on such a mark. So each local hour and
 * day is made of whole quarters of UTC, and a database can group by these without knowing zones.
 */
const QUARTER_MS = 15 * MINUTE_MS

export type SummaryWindow = Exclude<TelemetryWindow, 'raw'>

export interface Span {
  /** Inclusive. */
  readonly start: Millis
  /** Exclusive. */
  readonly end: Millis
}

/** Gives the window that holds `t`. */
export type WindowAt = (window: SummaryWindow, t: Millis) => Span

/** The arithmetic step that each window is made of. */
export function stepOf(window: SummaryWindow): Millis {
  return window === '1m' ? MINUTE_MS : QUARTER_MS
}

/** Throws RangeError when the time zone is unknown. */
export function createLocalWindows(timeZone: string): WindowAt {
  const localTime = createLocalTime(timeZone)
  const offsetAt = (t: Millis) => localTime.offsetMs(t)
  const localDay = (t: Millis): number => Math.floor((t + offsetAt(t)) / DAY_MS)

  function dayAt(t: Millis): Span {
    const day = localDay(t)
    return {
      start: firstQuarter(t - 50 * HOUR_MS, t, (quarter) => localDay(quarter) >= day),
      end: firstQuarter(t, t + 50 * HOUR_MS, (quarter) => localDay(quarter) > day),
    }
  }

  /** From one whole local hour to the next, or from a clock change that comes in between (Lord Howe changes by half an hour). */
  function hourAt(t: Millis): Span {
    const offset = offsetAt(t)
    const start = Math.floor((t + offset) / HOUR_MS) * HOUR_MS - offset
    const end = start + HOUR_MS
    if (offsetAt(start) === offset) return { start, end }
    return { start: firstQuarter(start, t, (quarter) => offsetAt(quarter) === offset), end }
  }

  return (window, t) => {
    if (window === '1d') return dayAt(t)
    if (window === '1h') return hourAt(t)
    const start = Math.floor(t / MINUTE_MS) * MINUTE_MS
    return { start, end: start + MINUTE_MS }
  }
}

/** The first whole quarter after `before` and up to `at` for which `holds` is true; false then true over that stretch. */
function firstQuarter(before: Millis, at: Millis, holds: (quarter: Millis) => boolean): Millis {
  let low = Math.floor(before / QUARTER_MS)
  let high = Math.floor(at / QUARTER_MS)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle * QUARTER_MS)) high = middle
    else low = middle
  }
  return high * QUARTER_MS
}
