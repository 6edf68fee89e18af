// Cuts time into the windows of charts: minutes, 5 and 15 of them, local hours, local quarters of the day and local days, with
// clock changes. Each window is made of whole windows of every shorter kind.

import { createLocalTime } from '../../core/time/local-time.ts'
import type { Millis } from '../../core/position.ts'
import type { TelemetryWindow } from '../../ports.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const SIX_HOURS_MS = 6 * HOUR_MS

/**
 * Every zone's clock has stood off UTC by a multiple of 15 minutes since 1972, and changed on such a mark. So windows of 1, 5 and 15
 * minutes are the same in UTC and on every local clock, and each local hour and day is made of whole quarters of UTC.
 */
const QUARTER_MS = 15 * MINUTE_MS

/** Days whose offset is remembered: charts of ten years do not measure it twice. */
const KNOWN_DAYS_MAX = 4_096

export type SummaryWindow = Exclude<TelemetryWindow, 'raw'>

export interface Span {
  /** Inclusive. */
  readonly start: Millis
  /** Exclusive. */
  readonly end: Millis
}

/** Gives the window that holds `t`. */
export type WindowAt = (window: SummaryWindow, t: Millis) => Span

/** Start of the first window that does not begin before `t`. */
export function windowStartFrom(windowAt: WindowAt, window: SummaryWindow, t: Millis): Millis {
  const { start, end } = windowAt(window, t)
  return start === t ? t : end
}

/** Throws RangeError when the time zone is unknown. */
export function createLocalWindows(timeZone: string): WindowAt {
  const offsetAt = createOffsets(timeZone)
  // Rows of a device come in order of time, and those of others beside them: nearly every question is about the window before.
  const minutes = remember((t) => evenly(MINUTE_MS, t))
  const fives = remember((t) => evenly(5 * MINUTE_MS, t))
  const quarters = remember((t) => evenly(QUARTER_MS, t))
  const hours = remember(hourAt)
  const sixHours = remember((t) => localPartAt(SIX_HOURS_MS, t))
  const days = remember((t) => localPartAt(DAY_MS, t))

  /**
   * A local day or a quarter of one: from the moment the wall clock reads its first hour until it reads that of a later one. Where
   * the clock changes it has an hour more or less.
   */
  function localPartAt(lengthMs: number, t: Millis): Span {
    const localPart = (at: Millis): number => Math.floor((at + offsetAt(at)) / lengthMs)
    const part = localPart(t)
    const wallStart = part * lengthMs
    const offset = offsetAt(t)
    // Where no change is near, the wall clock's own arithmetic holds.
    const start = wallStart - offset
    const end = start + lengthMs
    if (
      offsetAt(start - QUARTER_MS) === offset &&
      offsetAt(start) === offset &&
      offsetAt(end) === offset
    )
      return { start, end }
    const reachMs = lengthMs + 26 * HOUR_MS
    return {
      start: firstQuarter(t - reachMs, t, (quarter) => localPart(quarter) >= part),
      end: firstQuarter(t, t + reachMs, (quarter) => localPart(quarter) > part),
    }
  }

  /** From one whole local hour to the next, or to and from a clock change that comes in between (Lord Howe changes by half an hour). */
  function hourAt(t: Millis): Span {
    const offset = offsetAt(t)
    const isSame = (quarter: Millis): boolean => offsetAt(quarter) === offset
    const start = Math.floor((t + offset) / HOUR_MS) * HOUR_MS - offset
    const end = start + HOUR_MS
    return {
      start: isSame(start) ? start : firstQuarter(start, t, isSame),
      end: isSame(end - QUARTER_MS) ? end : firstQuarter(t, end, (quarter) => !isSame(quarter)),
    }
  }

  return (window, t) => {
    switch (window) {
      case '1m':
        return minutes(t)
      case '5m':
        return fives(t)
      case '15m':
        return quarters(t)
      case '1h':
        return hours(t)
      case '6h':
        return sixHours(t)
      case '1d':
        return days(t)
    }
  }
}

function evenly(lengthMs: number, t: Millis): Span {
  const start = Math.floor(t / lengthMs) * lengthMs
  return { start, end: start + lengthMs }
}

function remember(measure: (t: Millis) => Span): (t: Millis) => Span {
  let last: Span = { start: 0, end: 0 }
  return (t) => {
    if (t < last.start || t >= last.end) last = measure(t)
    return last
  }
}

/**
 * The zone's offset, measured once for most UTC days: one that has the same offset at its beginning, its middle and its end has it
 * all the time, as no zone changes its clock twice within half a day.
 */
function createOffsets(timeZone: string): (t: Millis) => number {
  const localTime = createLocalTime(timeZone)
  const known = new Map<number, number>()
  let lastDay = Number.NaN
  let lastOffset = 0

  function ofDay(day: number): number {
    let offset = known.get(day)
    if (offset !== undefined) return offset
    const start = day * DAY_MS
    offset = localTime.offsetMs(start)
    const isSteady =
      localTime.offsetMs(start + DAY_MS / 2) === offset &&
      localTime.offsetMs(start + DAY_MS) === offset
    if (!isSteady) offset = Number.NaN
    if (known.size >= KNOWN_DAYS_MAX) known.clear()
    known.set(day, offset)
    return offset
  }

  return (t) => {
    const day = Math.floor(t / DAY_MS)
    if (day !== lastDay) {
      lastDay = day
      lastOffset = ofDay(day)
    }
    return Number.isNaN(lastOffset) ? localTime.offsetMs(t) : lastOffset
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
