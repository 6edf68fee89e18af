// When the street lighting is on: from sunset to sunrise where the device stands, each cabinet with its own small lag.

import type { Millis } from '../../src/core/position.ts'
import { solarDayOf, sunTimes } from '../../src/core/time/sun.ts'
import type { NewDevice } from '../city.ts'
import { hash } from '../random.ts'

const LAG_MAX_MS = 40_000
const DAY_MS = 86_400_000

export function isLightingOn(device: NewDevice, at: Millis): boolean {
  const { on, off } = planOf(device, at)
  return at < off || at >= on
}

/** The next moment after `at` when the lighting goes on or off. */
export function nextLightingChange(device: NewDevice, at: Millis): Millis {
  const { on, off } = planOf(device, at)
  if (at < off) return off
  if (at < on) return on
  return planOf(device, at + DAY_MS).off
}

/** Off in the morning and on in the evening of the solar day of `at`: inside the night, so a lamp never burns in daylight. */
function planOf(device: NewDevice, at: Millis): { readonly off: Millis; readonly on: Millis } {
  const lat = device.lat ?? 40.75
  const lon = device.lon ?? 107.39
  const lagMs = 1000 + ((hash(device.parent ?? device.id, 7) >>> 0) % LAG_MAX_MS)
  const { rise, set } = sunTimes(solarDayOf(at, lon), lat, lon)
  return { off: rise - lagMs, on: set + lagMs }
}
