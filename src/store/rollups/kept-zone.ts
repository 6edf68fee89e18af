// The time zone that kept hours and days were made in. In another one they begin at other times, and both kinds side by side would be
// counted twice.

import type { Millis } from '../../core/position.ts'
import { createLocalWindows, type WindowAt } from '../telemetry/local-windows.ts'

const HALF_DAY_MS = 43_200_000
const DAYS_COMPARED = 800

/** Throws when hours or days are kept that begin at other times than those of the zone. `kept`: the zone's name, '' when it is not known. */
export function checkZone(options: {
  readonly kept: string
  readonly timeZone: string
  readonly windowAt: WindowAt
  /** Windows of both zones are compared before this. */
  readonly until: Millis
  /** Hours and days end elsewhere than where windows of the zone do. */
  readonly isApart: boolean
}): void {
  const { kept, timeZone, windowAt, until, isApart } = options
  if (kept === timeZone) return
  if (kept === '' ? !isApart : isSame(kept, windowAt, until)) return
  const zone = kept === '' ? 'another time zone' : kept
  throw new Error(
    `Cannot start: hours and days are kept in ${zone}, expected HETAO_TIMEZONE to be that, got ${timeZone}. ` +
      'To change it, remove rollups.db and the folders telemetry/*/1h and telemetry/*/1d ' +
      '(InfluxDB: drop r1h and r1d and influx-rollups.db): they are made again from the readings, as far as these are kept',
  )
}

/** Zones with two names are one. */
function isSame(kept: string, windowAt: WindowAt, until: Millis): boolean {
  let keptAt: WindowAt
  try {
    keptAt = createLocalWindows(kept)
  } catch {
    return false
  }
  for (let half = 0; half < DAYS_COMPARED * 2; half++) {
    const t = until - half * HALF_DAY_MS
    if (
      keptAt('1d', t).start !== windowAt('1d', t).start ||
      keptAt('1h', t).start !== windowAt('1h', t).start
    )
      return false
  }
  return true
}
