// What every telemetry store demands of its callers. Readings and queries were checked at the product's border, so a breach is
// a bug of ours: it throws before anything is touched.

import { formatPosition, type Position } from '../../core/position.ts'
import type { Reading } from '../../core/messages/reading.ts'
import type { SeriesQuery } from '../../ports.ts'
import type { MetricsByType } from './metrics.ts'

/** Day files are named by four-digit years. */
const YEAR_10000_MS = 253_402_300_800_000

/** Throws RangeError when a reading is not of a known type and its shape, has no time, or lies behind `through`. */
export function checkReadings(
  readings: readonly Reading[],
  through: Position,
  metricsOfType: MetricsByType,
): void {
  for (const reading of readings) {
    const metrics = metricsOfType.get(reading.type)
    if (metrics === undefined)
      throw new RangeError(
        `Cannot store a reading of ${reading.device}: expected a known device type, got "${reading.type}"`,
      )
    if (reading.values.length !== metrics.length)
      throw new RangeError(
        `Cannot store a reading of ${reading.device}: expected ${metrics.length} values for ${reading.type}, got ${reading.values.length}`,
      )
    if (!(reading.ts >= 0 && reading.ts < YEAR_10000_MS))
      throw new RangeError(
        `Cannot store a reading of ${reading.device}: expected a time from 1970 to 9999, got ${reading.ts}`,
      )
    if (reading.position > through)
      throw new RangeError(
        `Cannot store a reading of ${reading.device}: expected a position up to ${formatPosition(through)}, got ${formatPosition(reading.position)}`,
      )
  }
}

/** The metric's index in a reading's values. Throws RangeError when type, metric, span or limit make no sense. */
export function checkQuery(query: SeriesQuery, metricsOfType: MetricsByType): number {
  const index = metricsOfType.get(query.type)?.indexOf(query.metric) ?? -1
  if (index < 0)
    throw new RangeError(
      `Cannot read a series of ${query.device}: expected a metric of type "${query.type}", got "${query.metric}"`,
    )
  if (!(query.from < query.to))
    throw new RangeError(
      `Cannot read a series of ${query.device}: expected from < to, got ${query.from} and ${query.to}`,
    )
  if (!Number.isInteger(query.limit) || query.limit < 1)
    throw new RangeError(
      `Cannot read a series of ${query.device}: expected a limit of 1 or more, got ${query.limit}`,
    )
  return index
}
