// The embedded telemetry store, reading side: charts from day files on connections of its own, while another thread writes them.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { DeviceType } from '../../core/device-type.ts'
import type { Point, SeriesQuery, TelemetryReader } from '../../ports.ts'
import { checkQuery } from '../telemetry/check.ts'
import { openDayReader, type DayReader } from './day-reader.ts'
import { createWindowFold } from '../telemetry/fold-windows.ts'
import { dayFilePath, dayOf, dayOfFileName } from './layout.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { createLocalWindows, stepOf, type SummaryWindow } from '../telemetry/local-windows.ts'
import { createOpenFiles } from './open-files.ts'

export interface EmbeddedTelemetryReaderOptions {
  readonly directory: string
  readonly types: readonly DeviceType[]
  /** The city's: local hours and days begin by it. */
  readonly timeZone: string
  readonly openFilesMax?: number
}

/** The directory may be empty or missing: an absent file is an empty answer. */
export function openEmbeddedTelemetryReader(
  options: EmbeddedTelemetryReaderOptions,
): TelemetryReader {
  const metricsOfType = metricsByType(options.types)
  const windowAt = createLocalWindows(options.timeZone)
  const openFiles = createOpenFiles<DayReader>({
    max: options.openFilesMax ?? 32,
    close: (_path, file) => file.close(),
  })
  let isClosed = false

  function openedFile(path: string): DayReader | null {
    if (isClosed) throw new Error('Cannot read telemetry: the reader is closed')
    const opened = openFiles.get(path)
    if (opened !== undefined) return opened
    const file = openDayReader(path)
    if (file !== null) openFiles.add(path, file)
    return file
  }

  /** The span's files, oldest first. Between two of them everyone else has a turn, so a long span does not hold up the thread. */
  async function* filesOf(query: SeriesQuery): AsyncGenerator<DayReader> {
    let isFirst = true
    for (const day of daysWithFiles(join(options.directory, query.type), query)) {
      if (!isFirst) await letOthersRun()
      isFirst = false
      const file = openedFile(dayFilePath(options.directory, query.type, day))
      if (file !== null) yield file
    }
  }

  async function rawValues(query: SeriesQuery): Promise<readonly Point[]> {
    const points: Point[] = []
    for await (const file of filesOf(query)) {
      for (const point of file.values(query, query.limit - points.length)) points.push(point)
      if (points.length === query.limit) break
    }
    return points
  }

  async function summaries(query: SeriesQuery, window: SummaryWindow): Promise<readonly Point[]> {
    const fold = createWindowFold(windowAt, window, query.limit)
    for await (const file of filesOf(query))
      for (const stretch of file.stretches(query, stepOf(window)))
        if (!fold.add(stretch)) return fold.points()
    return fold.points()
  }

  return {
    async series(query) {
      checkQuery(query, metricsOfType)
      return query.window === 'raw' ? rawValues(query) : summaries(query, query.window)
    },
    async close() {
      isClosed = true
      for (const [path, file] of openFiles.all) {
        openFiles.remove(path)
        file.close()
      }
    },
  }
}

function daysWithFiles(
  directory: string,
  { from, to }: { readonly from: number; readonly to: number },
): readonly number[] {
  return fileNames(directory)
    .map(dayOfFileName)
    .filter((day) => day !== null)
    .filter((day) => day >= dayOf(from) && day <= dayOf(to))
    .sort((a, b) => a - b)
}

function fileNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
