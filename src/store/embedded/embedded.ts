// The embedded telemetry store: readings and windows in SQLite files. Synchronous inside; runs in one thread, with the reads, and is
// the only one that uses its directory.
//
//   telemetry/format                         every file is of this format or newer
//   telemetry/totals.db                      counts of all readings ever, files that are gone included
//   telemetry/streetlight/2026-11-22.db      raw readings of a UTC day
//   telemetry/streetlight/1m/2026-11-22.db   windows that start in a UTC day, and by month in 1h, by year in 1d

import { statSync } from 'node:fs'
import type { DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import type { Clock, Expired, TelemetryLevel, TelemetryStore, WindowRow } from '../../ports.ts'
import { checkReadings } from '../telemetry/check.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { convertDayFiles } from './convert-format-1.ts'
import { createFileReaders } from './file-readers.ts'
import { dayOf, DAY_MS, filePath } from './layout.ts'
import { levelFiles } from './level-files.ts'
import { createRawFiles } from './raw-files.ts'
import { recount } from './recount.ts'
import { openTotals } from './totals.ts'
import { createWindowFiles } from './window-files.ts'
import { createWriteState } from './write-state.ts'

export interface EmbeddedTelemetryOptions {
  readonly directory: string
  readonly types: readonly DeviceType[]
  readonly clock: Clock
  /** For tests: how many files each of the three sides (raw, windows, reading) keeps open. */
  readonly openFilesMax?: number
}

const RAW_FILES_MAX = 64
const WINDOW_FILES_MAX = 144
const READ_FILES_MAX = 64

/** Opens or makes the store. Throws when the directory cannot be used; a single damaged file only hinders what needs it. */
export function openEmbeddedTelemetry(options: EmbeddedTelemetryOptions): TelemetryStore {
  const { directory, types, clock, openFilesMax } = options
  const metricsOfType = metricsByType(types)
  const problems = [...convertDayFiles(directory)]
  const totals = openTotals(directory)
  problems.push(...recount(directory, [...metricsOfType.keys()], totals))
  const state = createWriteState(clock, problems.length === 0 ? null : problems.join('; '))
  const raw = createRawFiles({
    directory,
    types,
    totals,
    state,
    openFilesMax: openFilesMax ?? RAW_FILES_MAX,
    onAside: (path) => readers.release(path),
  })
  const windows = createWindowFiles({
    directory,
    types,
    state,
    openFilesMax: openFilesMax ?? WINDOW_FILES_MAX,
  })
  const readers = createFileReaders({
    directory,
    types,
    openFilesMax: openFilesMax ?? READ_FILES_MAX,
  })

  function expiredFiles(level: TelemetryLevel, type: string, before: Millis): readonly Expired[] {
    if (!metricsOfType.has(type))
      throw new RangeError(
        `Cannot tell what has expired: expected a known device type, got "${type}"`,
      )
    return levelFiles(directory, level, type)
      .filter(({ to }) => to <= before)
      .map(({ from, to }) => {
        const where = filePath(directory, level, type, from)
        const rows = level === 'raw' ? totals.countsOf({ type, day: dayOf(from) }).stored : null
        return { level, type, from, to, rows, bytes: bytesOf(where), where }
      })
  }

  return {
    async write(readings, through) {
      checkReadings(readings, through, metricsOfType)
      raw.write(readings, through)
    },
    async sync() {
      raw.sync()
      windows.sync()
    },
    counts: () => ({ ...totals.sum(), refused: 0 }),
    readings: (query) => readers.readings(query),
    windows: (level, query) => readers.windows(level, query),
    async putWindows(level, type, rows) {
      checkWindows(rows, type, metricsOfType.get(type)?.length ?? 0)
      windows.put(level, type, rows)
    },
    async extent() {
      const days = [...metricsOfType.keys()].flatMap((type) =>
        levelFiles(directory, 'raw', type).filter(
          ({ from }) => totals.countsOf({ type, day: dayOf(from) }).stored > 0,
        ),
      )
      if (days.length === 0) return null
      const from = days.reduce((least, day) => Math.min(least, day.from), Number.POSITIVE_INFINITY)
      const to = days.reduce((most, day) => Math.max(most, day.from), 0)
      return { from, to: to + DAY_MS - 1 }
    },
    async expired(level, type, before) {
      return expiredFiles(level, type, before)
    },
    async drop(level, type, before) {
      const files = expiredFiles(level, type, before)
      for (const { where, from } of files) {
        readers.release(where)
        if (level === 'raw') raw.drop({ type, day: dayOf(from) })
        else windows.drop(level, type, from)
      }
      return files
    },
    state: () => state.state(),
    async close() {
      // Before the writers: whoever closes a file last takes its log into it.
      readers.close()
      const failures = [...raw.close(), ...windows.close()]
      totals.close()
      if (failures.length > 0)
        throw new AggregateError(failures, `Cannot sync ${failures.length} telemetry files`)
    },
  }
}

/** Throws RangeError before anything is touched: a breach is a bug of ours. */
function checkWindows(rows: readonly WindowRow[], type: string, metrics: number): void {
  for (const { device, start, summaries } of rows) {
    if (summaries.length !== metrics)
      throw new RangeError(
        `Cannot store a window of ${device}: expected ${metrics} summaries for ${type}, got ${summaries.length}`,
      )
    if (!Number.isInteger(start) || start < 0 || start >= YEAR_10000_MS)
      throw new RangeError(
        `Cannot store a window of ${device}: expected a start from 1970 to 9999, got ${start}`,
      )
  }
}

/** Files are named by four-digit years. */
const YEAR_10000_MS = 253_402_300_800_000

/** With its log. 0 when it is gone. */
function bytesOf(path: string): number {
  return ['', '-wal'].reduce(
    (sum, suffix) => sum + (statSync(`${path}${suffix}`, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
