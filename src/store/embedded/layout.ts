// Where readings stand: one file per device type and UTC day, one column per metric.

import { join } from 'node:path'
import type { Millis } from '../../core/position.ts'

export const DAY_MS = 86_400_000

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
