// The sky over the city: local hour, day and night, air temperature and wind. The same for every device, as weather is.

import type { Millis } from '../../src/core/position.ts'
import { smoothNoiseAt } from '../random.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** China keeps one zone and no summer time. */
const LOCAL_OFFSET_MS = 8 * HOUR_MS

/** Hour of the local day, with its fraction: 13.5 is half past one. */
export function localHour(at: Millis): number {
  return ((((at + LOCAL_OFFSET_MS) % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS
}

/** Dry continental climate: cold in January, hot in July, warmest in the afternoon. */
export function airTemperatureCel(seed: string, at: Millis): number {
  const yearShare = (at / DAY_MS / 365.2425) % 1
  const season = 8 - 17 * Math.cos(2 * Math.PI * (yearShare - 0.055))
  const day = -6 * Math.cos((2 * Math.PI * (localHour(at) - 3)) / 24)
  return season + day + 3 * smoothNoiseAt(seed, 'sky', 'temperature', at, 18 * HOUR_MS)
}

export function humidityPct(seed: string, at: Millis): number {
  return (
    42 +
    12 * Math.cos((2 * Math.PI * (localHour(at) - 5)) / 24) +
    15 * smoothNoiseAt(seed, 'sky', 'humidity', at, 20 * HOUR_MS)
  )
}

export function windMetresPerSecond(seed: string, at: Millis): number {
  return 2.6 + 1.6 * smoothNoiseAt(seed, 'sky', 'wind', at, 4 * HOUR_MS)
}

export function windDegrees(seed: string, at: Millis): number {
  return (290 + 65 * smoothNoiseAt(seed, 'sky', 'wind-direction', at, 6 * HOUR_MS)) % 360
}

/** At the 1,040 m that Linhe lies above the sea. */
export function pressureHpa(seed: string, at: Millis): number {
  return 897 + 6 * smoothNoiseAt(seed, 'sky', 'pressure', at, 30 * HOUR_MS)
}
