// When a rule applies: the lighting night or day at the device, hours of the local day, or a season of the local year. Answers with
// the end of the window, so that an alert can be ended by the clock.

import { daysIn, localDateOf, startOfDay } from './calendar.ts'
import type { DeviceState } from '../device-state.ts'
import type { LocalTime } from './local-time.ts'
import type { Millis } from '../position.ts'
import type { Window } from '../rule.ts'
import { solarDayOf, sunTimes } from './sun.ts'

/** Linhe, for devices without a position. */
const FALLBACK_LAT = 40.75
const FALLBACK_LON = 107.39
const MINUTE_MS = 60_000
const DAY_MINUTES = 1440

/** End of the window that holds the moment, or NaN outside of it. */
export type WindowEnd = (state: DeviceState, at: Millis) => Millis

export function compileWindow(window: Window, localTime: LocalTime): WindowEnd {
  if (window.kind === 'lighting') return nightEnd
  if (window.kind === 'daylight') return dayEnd
  if (window.kind === 'season') return seasonEnd(dayOf(window.from), dayOf(window.to), localTime)
  return hoursEnd(minuteOf(window.from), minuteOf(window.to), localTime)
}

function nightEnd(state: DeviceState, at: Millis): Millis {
  const sun = sunOf(state, at)
  if (at < sun.rise) return sun.rise
  return at >= sun.set ? sun.nextRise : Number.NaN
}

function dayEnd(state: DeviceState, at: Millis): Millis {
  const sun = sunOf(state, at)
  return at >= sun.rise && at < sun.set ? sun.set : Number.NaN
}

/** From inclusive, to exclusive, across midnight when `from` is later. */
function hoursEnd(from: number, to: number, localTime: LocalTime): WindowEnd {
  return (_, at) => {
    const minute = localTime.minuteOfDay(at)
    const isInside = from < to ? minute >= from && minute < to : minute >= from || minute < to
    if (!isInside) return Number.NaN
    const minutesLeft = (to - minute + DAY_MINUTES) % DAY_MINUTES
    return (Math.floor(at / MINUTE_MS) + minutesLeft) * MINUTE_MS
  }
}

interface DayOfYear {
  readonly month: number
  readonly day: number
}

/** Both days inclusive, across New Year when `from` is later. The last answer is kept for as long as it is true. */
function seasonEnd(from: DayOfYear, to: DayOfYear, localTime: LocalTime): WindowEnd {
  const begins = (year: number): Millis => startOfDay(localTime, { year, ...from })
  const spansNewYear = from.month > to.month || (from.month === to.month && from.day > to.day)
  const ends = (year: number): Millis => {
    const inYear = spansNewYear ? year + 1 : year
    // The 29th of February ends a season also where there is none.
    const day = Math.min(to.day, daysIn(inYear, to.month)) + 1
    return startOfDay(localTime, { year: inYear, month: to.month, day })
  }
  let knownFrom = Number.NaN
  let knownTo = Number.NaN
  let answer = Number.NaN

  return (_, at) => {
    if (at >= knownFrom && at < knownTo) return answer
    const { year } = localDateOf(localTime, at)
    for (const begun of [year - 1, year]) {
      const [begin, end] = [begins(begun), ends(begun)]
      if (at < begin) {
        // Between the season before and this one.
        knownFrom = ends(begun - 1)
        knownTo = begin
        answer = Number.NaN
        return answer
      }
      if (at < end) {
        knownFrom = begin
        knownTo = end
        answer = end
        return answer
      }
    }
    knownFrom = ends(year)
    knownTo = begins(year + 1)
    answer = Number.NaN
    return answer
  }
}

function sunOf(state: DeviceState, at: Millis): DeviceState['sun'] {
  const { sun, device } = state
  const lat = device.lat ?? FALLBACK_LAT
  const lon = device.lon ?? FALLBACK_LON
  const day = solarDayOf(at, lon)
  if (sun.day === day) return sun
  const today = sunTimes(day, lat, lon)
  sun.day = day
  sun.rise = today.rise
  sun.set = today.set
  sun.nextRise = sunTimes(day + 1, lat, lon).rise
  return sun
}

function minuteOf(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  if (match === null)
    throw new RangeError(`Cannot compile a window: expected a time such as 22:00, got "${text}"`)
  return Number(match[1]) * 60 + Number(match[2])
}

function dayOf(text: string): DayOfYear {
  const match = /^(\d{2})-(\d{2})$/.exec(text)
  const [month, day] = [Number(match?.[1]), Number(match?.[2])]
  // 2000 is a leap year.
  if (match === null || month < 1 || month > 12 || day < 1 || day > daysIn(2000, month))
    throw new RangeError(`Cannot compile a window: expected a day such as 10-15, got "${text}"`)
  return { month, day }
}
