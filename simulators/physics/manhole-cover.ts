// A manhole cover with a tilt sensor on a battery: at rest until somebody lifts it.

import { hash, noiseAt } from '../random.ts'
import type { Metrics, Moment } from './moment.ts'

const DAY_MS = 86_400_000
const BATTERY_DAYS = 5 * 365

export function measureCover({ seed, device, at, stress }: Moment): Metrics {
  const jitter = noiseAt(seed, device.id, 'tilt', at)
  // Batteries were put in at different times: each cover is somewhere in the first half of its battery's life.
  const ageDays = (hash(`${seed}|${device.id}|battery`, 5) >>> 0) % Math.floor(BATTERY_DAYS / 2)
  const spentDays = ageDays + ((at / DAY_MS) % 30)
  return {
    cover_open: stress.isCoverOff,
    tilt: stress.isCoverOff ? 68 + 6 * jitter : 0.8 + 0.4 * jitter,
    vibration: stress.isCoverOff ? 0.4 : 0.02,
    battery_pct: 100 - (90 * spentDays) / BATTERY_DAYS,
  }
}
