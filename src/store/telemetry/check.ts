// What telemetry demands of its callers, stores and queries alike. Readings and questions were checked at the product's border, so a
// breach is a bug of ours: it throws before anything is touched.

import { formatPosition, type Position } from '../../core/position.ts'
import type { Reading } from '../../core/messages/reading.ts'
import {
  telemetryWindows,
  type ExportQuery,
  type GroupQuery,
  type RowQuery,
  type SeriesQuery,
} from '../../ports.ts'
import type { MetricsByType } from './metrics.ts'

/** Day files are named by four-digit years. */
export const YEAR_10000_MS = 253_402_300_800_000

const SERIES_DEVICES_MAX = 1_000
const GROUPS_MAX = 1_000
/** Of all groups together, and of one export. */
const DEVICES_MAX = 100_000

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

/**
 * The places of the metrics that are asked for among those of the type, all of them when none are named. Throws RangeError when the
 * store has no such type or metric.
 */
export function checkRowQuery(
  query: Pick<RowQuery, 'type' | 'metrics'>,
  metricsOfType: MetricsByType,
): readonly number[] {
  const known = checkType(query.type, metricsOfType)
  return (query.metrics ?? known).map((metric) => metricIndex(query.type, metric, known))
}

/** The metrics of the type. Throws RangeError when it is unknown. */
export function checkType(type: string, metricsOfType: MetricsByType): readonly string[] {
  const known = metricsOfType.get(type)
  if (known === undefined)
    throw new RangeError(`Cannot use telemetry of "${type}": expected a known device type`)
  return known
}

export function checkSeriesQuery(query: SeriesQuery, metricsOfType: MetricsByType): void {
  checkRowQuery({ type: query.type, metrics: [query.metric] }, metricsOfType)
  checkSpan(query)
  checkCount('limit', query.limit, Number.MAX_SAFE_INTEGER)
  if (query.devices.length > 0) checkCount('devices', query.devices.length, SERIES_DEVICES_MAX)
}

/** The groups' devices, one after the other. Throws RangeError also when a device is in more than one. */
export function checkGroupQuery(
  query: GroupQuery,
  metricsOfType: MetricsByType,
): readonly string[] {
  checkRowQuery({ type: query.type, metrics: [query.metric] }, metricsOfType)
  checkSpan(query)
  checkCount('limit', query.limit, Number.MAX_SAFE_INTEGER)
  if (query.groups.length > 0) checkCount('groups', query.groups.length, GROUPS_MAX)
  const devices = query.groups.flatMap((group) => group.devices)
  if (devices.length > 0) checkCount('devices', devices.length, DEVICES_MAX)
  const seen = new Set<string>()
  for (const device of devices) {
    if (seen.has(device))
      throw new RangeError(
        `Cannot read telemetry: expected each device in one group, got "${device}" twice`,
      )
    seen.add(device)
  }
  return devices
}

export function checkExportQuery(query: ExportQuery, metricsOfType: MetricsByType): void {
  const metrics = checkRowQuery(query, metricsOfType)
  checkCount('metrics', metrics.length, 1_000)
  checkSpan(query)
  if (query.devices.length > 0) checkCount('devices', query.devices.length, DEVICES_MAX)
}

function checkSpan(query: Pick<SeriesQuery, 'from' | 'to' | 'window'>): void {
  if (!(query.from < query.to))
    throw new RangeError(
      `Cannot read telemetry: expected from < to, got ${query.from} and ${query.to}`,
    )
  if (!telemetryWindows.includes(query.window))
    throw new RangeError(
      `Cannot read telemetry: expected a window of ${telemetryWindows.join(', ')}, got "${query.window}"`,
    )
}

function checkCount(what: string, count: number, max: number): void {
  if (!Number.isInteger(count) || count < 1 || count > max)
    throw new RangeError(`Cannot read telemetry: expected ${what} from 1 to ${max}, got ${count}`)
}

function metricIndex(type: string, metric: string, known: readonly string[]): number {
  const index = known.indexOf(metric)
  if (index < 0)
    throw new RangeError(
      `Cannot read telemetry: expected a metric of type "${type}", got "${metric}"`,
    )
  return index
}
