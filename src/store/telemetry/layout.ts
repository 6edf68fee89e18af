// Where readings stand: one file per device type and UTC day, one column per metric.

import { join } from 'node:path'
import { metricsOf, type DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'

export const DAY_MS = 86_400_000

const TYPE_ID_PATTERN = /^[a-z][a-z0-9-]{0,63}$/
const METRIC_ID_PATTERN = /^[a-z][A-Za-z0-9_]{0,40}$/

/** Days since 1970-01-01 UTC. */
export function dayOf(ts: Millis): number {
  return Math.floor(ts / DAY_MS)
}

/** `2026-11-01`. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The day a file name stands for, or null when it is no day file's name. */
export function dayOfFileName(name: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}\.db$/.test(name)) return null
  const start = Date.parse(name.slice(0, 10))
  return Number.isNaN(start) ? null : dayOf(start)
}

export function dayFilePath(directory: string, type: string, day: number): string {
  return join(directory, type, `${dayName(day)}.db`)
}

/** The columns before the metrics. */
export const KEY_COLUMNS = ['ts', 'device', 'received_at', 'simulated'] as const

/** A metric's column, in lower case as column names ignore it; the prefix keeps it apart from the key's columns. */
export function columnOf(metric: string): string {
  return `m_${metric.toLowerCase()}`
}

/** Metric ids by type id, in the order of a reading's values. They become paths and SQL, so anything but a plain name throws. */
export function metricsByType(
  types: readonly DeviceType[],
): ReadonlyMap<string, readonly string[]> {
  const byType = new Map<string, readonly string[]>()
  for (const type of types) {
    if (!TYPE_ID_PATTERN.test(type.id))
      throw new RangeError(
        `Cannot store device type "${type.id}": expected an id like ${TYPE_ID_PATTERN}`,
      )
    const metrics = metricsOf(type).map((metric) => metric.id)
    for (const metric of metrics)
      if (!METRIC_ID_PATTERN.test(metric))
        throw new RangeError(
          `Cannot store metric "${metric}" of ${type.id}: expected an id like ${METRIC_ID_PATTERN}`,
        )
    byType.set(type.id, metrics)
  }
  return byType
}
