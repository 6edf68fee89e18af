// When a rule applies: the lighting night or day at the device, or hours of the local day. Answers with the end of the window, so
// that an alert can be ended by the clock.

import type { DeviceState } from './device-state.ts'
import type { LocalTime } from './local-time.ts'
import type { Millis } from './position.ts'
import type { Window } from './rule.ts'
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
