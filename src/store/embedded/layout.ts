// Where readings and windows stand: files of one device type and level that hold a UTC day, month or year each, and in them blocks of
// time within which the rows of one device lie side by side.

import { join } from 'node:path'
import type { Millis } from '../../core/position.ts'
import type { TelemetryLevel } from '../../ports.ts'

export const DAY_MS = 86_400_000
const QUARTER_MS = 900_000

interface Layout {
  /** Within the type's folder. */
  readonly folder: string
  readonly fileSpan: 'day' | 'month' | 'year'
  readonly blockMs: Millis
  /** Characters of the date that make up a file's name. */
  readonly nameLength: number
}

const layouts: Readonly<Record<TelemetryLevel, Layout>> = {
  raw: { folder: '', fileSpan: 'day', blockMs: QUARTER_MS, nameLength: 10 },
  '1m': { folder: '1m', fileSpan: 'day', blockMs: QUARTER_MS, nameLength: 10 },
  '1h': { folder: '1h', fileSpan: 'month', blockMs: DAY_MS, nameLength: 7 },
  '1d': { folder: '1d', fileSpan: 'year', blockMs: 30 * DAY_MS, nameLength: 4 },
}

/** The time that one file holds. */
export interface FileSpan {
  /** Inclusive. */
  readonly from: Millis
  /** Exclusive. */
  readonly to: Millis
}

/**
 * Rows are clustered by (block, device, ts): a device's rows of a block share a page or two, so its day is read with a seek per
 * block; and what is written now goes to the pages of one block, which stay in the cache. Minutes in blocks of an hour would be read no
 * faster and send three to five times as many bytes to the disk.
 */
export function blockMsOf(level: TelemetryLevel): Millis {
  return layouts[level].blockMs
}

/** The raw block that holds `ts`. */
export function blockOf(ts: Millis): number {
  return Math.floor(ts / QUARTER_MS)
}

/** Days since 1970-01-01 UTC. */
export function dayOf(ts: Millis): number {
  return Math.floor(ts / DAY_MS)
}

/** The file that holds `ts`. */
export function fileSpanAt(level: TelemetryLevel, ts: Millis): FileSpan {
  const { fileSpan } = layouts[level]
  if (fileSpan === 'day') {
    const from = dayOf(ts) * DAY_MS
    return { from, to: from + DAY_MS }
  }
  const date = new Date(ts)
  const year = date.getUTCFullYear()
  if (fileSpan === 'year') return { from: Date.UTC(year, 0), to: Date.UTC(year + 1, 0) }
  const month = date.getUTCMonth()
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}

/** The span a file name stands for, or null when it is not the name of a file of this level. */
export function fileSpanOf(level: TelemetryLevel, fileName: string): FileSpan | null {
  if (!fileName.endsWith('.db')) return null
  const name = fileName.slice(0, -'.db'.length)
  const { nameLength } = layouts[level]
  if (name.length !== nameLength || !/^\d{4}(-\d{2}){0,2}$/.test(name)) return null
  const start = Date.parse(`${name}${'-01-01'.slice(nameLength - 4)}`)
  if (Number.isNaN(start)) return null
  const span = fileSpanAt(level, start)
  // `2026-02-31` is read as a day in March.
  return fileNameOf(level, span.from) === fileName ? span : null
}

export function levelFolder(directory: string, level: TelemetryLevel, type: string): string {
  return join(directory, type, layouts[level].folder)
}

/** Of the file that begins at `from`. */
export function filePath(
  directory: string,
  level: TelemetryLevel,
  type: string,
  from: Millis,
): string {
  return join(levelFolder(directory, level, type), fileNameOf(level, from))
}

function fileNameOf(level: TelemetryLevel, from: Millis): string {
  return `${new Date(from).toISOString().slice(0, layouts[level].nameLength)}.db`
}

/** The columns before the metrics. */
export const KEY_COLUMNS = ['block', 'device', 'ts', 'received_at', 'simulated'] as const

/** A metric's column, in lower case as column names ignore it; the prefix keeps it apart from the key's columns. */
export function columnOf(metric: string): string {
  return `m_${metric.toLowerCase()}`
}
