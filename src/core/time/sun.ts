// When the sun rises and sets at a place, by the sunrise equation (mean anomaly, equation of centre, declination); within about
// three minutes between the polar circles. Lighting windows follow it, not the clock.

import type { Millis } from '../position.ts'

const DAY_MS = 86_400_000
const RAD = Math.PI / 180
/** 2000-01-01T12:00Z in days since 1970. */
const J2000_DAYS = 10_957.5
/** Refraction and the sun's half width: the upper edge touches the horizon. */
const HORIZON_DEG = -0.833
const OBLIQUITY_DEG = 23.44

export interface SunTimes {
  readonly rise: Millis
  readonly set: Millis
}

/** The solar day (midnight to midnight by the mean sun of this longitude) that holds the moment, counted from 1970. */
export function solarDayOf(at: Millis, lon: number): number {
  return Math.floor(at / DAY_MS + lon / 360)
}

/** Where the sun does not set or rise, both fall on the same side: a day of 0 or 24 hours. */
export function sunTimes(solarDay: number, lat: number, lon: number): SunTimes {
  const meanNoon = solarDay + 0.5 - lon / 360 - J2000_DAYS
  const anomaly = (357.5291 + 0.98560028 * meanNoon) * RAD
  const centre =
    1.9148 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly) + 0.0003 * Math.sin(3 * anomaly)
  const longitude = anomaly + (centre + 180 + 102.9372) * RAD
  const transit = meanNoon + 0.0053 * Math.sin(anomaly) - 0.0069 * Math.sin(2 * longitude)
  const sinDeclination = Math.sin(longitude) * Math.sin(OBLIQUITY_DEG * RAD)
  const cosDeclination = Math.sqrt(1 - sinDeclination * sinDeclination)
  const cosHourAngle =
    (Math.sin(HORIZON_DEG * RAD) - Math.sin(lat * RAD) * sinDeclination) /
    (Math.cos(lat * RAD) * cosDeclination)
  const halfDay = Math.acos(Math.min(1, Math.max(-1, cosHourAngle))) / (2 * Math.PI)
  return {
    rise: Math.round((J2000_DAYS + transit - halfDay) * DAY_MS),
    set: Math.round((J2000_DAYS + transit + halfDay) * DAY_MS),
  }
}
