// The reading side: connections of its own that can only read, the files in use kept open. What cannot be read is told with its path,
// to that query alone; the file is opened anew by the next one.

import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { DeviceType } from '../../core/device-type.ts'
import type { ReadingRow, RollupLevel, RowQuery, TelemetryLevel, WindowRow } from '../../ports.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { CELL, openClusteredReader, type ClusteredReader } from './clustered-reader.ts'
import { DAY_FILE_FORMAT, readDayMeta, readingColumns } from './day-schema.ts'
import { blockMsOf, columnOf, filePath } from './layout.ts'
import { levelFiles } from './level-files.ts'
import { createOpenFiles } from './open-files.ts'
import { readRows, type RowShape } from './read-rows.ts'
import { takeSummaries } from './summary-blob.ts'
import { metricNumbers, readWindowFormat, WINDOW_FILE_FORMAT } from './window-schema.ts'

export interface FileReaders {
  readings(query: RowQuery): AsyncIterable<readonly ReadingRow[]>
  windows(level: RollupLevel, query: RowQuery): AsyncIterable<readonly WindowRow[]>
  /** The file is about to be removed. */
  release(path: string): void
  close(): void
}

export interface FileReadersOptions {
  readonly directory: string
  readonly types: readonly DeviceType[]
  /** A chart of a month takes the files of a month, one after the other. */
  readonly openFilesMax: number
}

export function createFileReaders(options: FileReadersOptions): FileReaders {
  const { directory } = options
  const metricsOfType = metricsByType(options.types)
  const openFiles = createOpenFiles<ClusteredReader>({
    max: options.openFilesMax,
    close: (_path, reader) => reader.close(),
  })
  let isClosed = false

  function opened(level: TelemetryLevel, type: string, from: number): ClusteredReader | null {
    if (isClosed) throw new Error('Cannot read telemetry: the store is closed')
    const path = filePath(directory, level, type, from)
    const known = openFiles.get(path)
    if (known !== undefined) return known
    if (!existsSync(path)) return null
    const reader = openClusteredReader({
      path,
      blockMs: blockMsOf(level),
      ...(level === 'raw' ? READINGS : WINDOWS),
    })
    if (reader !== null) openFiles.add(path, reader)
    return reader
  }

  function release(path: string): void {
    const reader = openFiles.get(path)
    openFiles.remove(path)
    reader?.close()
  }

  async function* read<Row>(
    level: TelemetryLevel,
    query: RowQuery,
    shapeIn: (reader: ClusteredReader, metrics: readonly string[]) => RowShape<Row> | null,
  ): AsyncGenerator<readonly Row[]> {
    const metrics = metricsFor(query, metricsOfType)
    let reading = ''
    const source = {
      files: levelFiles(directory, level, query.type),
      blockMs: blockMsOf(level),
      open: (from: number) => {
        reading = filePath(directory, level, query.type, from)
        return opened(level, query.type, from)
      },
      shapeIn: (reader: ClusteredReader) => shapeIn(reader, metrics),
    }
    try {
      yield* readRows(source, query)
    } catch (error) {
      // It may be mended or replaced by the next time.
      release(reading)
      throw error
    }
  }

  return {
    readings: (query) => read('raw', query, (reader, metrics) => rawShape(reader, metrics, query)),
    windows: (level, query) => read(level, query, windowShape),
    release,
    close() {
      isClosed = true
      for (const [path] of openFiles.all) release(path)
    },
  }
}

const READINGS = {
  table: 'readings',
  formatExpected: DAY_FILE_FORMAT,
  formatOf: formatOfDay,
} as const
const WINDOWS = {
  table: 'windows',
  formatExpected: WINDOW_FILE_FORMAT,
  formatOf: readWindowFormat,
} as const

function formatOfDay(database: DatabaseSync): number | null {
  return readDayMeta(database)?.format ?? null
}

/** Throws RangeError when the query's type or one of its metrics does not exist. */
function metricsFor(
  { type, metrics }: RowQuery,
  metricsOfType: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const all = metricsOfType.get(type)
  if (all === undefined)
    throw new RangeError(`Cannot read telemetry: expected a known device type, got "${type}"`)
  const unknown = metrics?.find((metric) => !all.includes(metric))
  if (unknown !== undefined)
    throw new RangeError(
      `Cannot read telemetry of ${type}: expected a metric of the type, got "${unknown}"`,
    )
  return metrics ?? all
}

/** A metric that is younger than the file has no column in it. */
function rawShape(
  reader: ClusteredReader,
  metrics: readonly string[],
  query: RowQuery,
): RowShape<ReadingRow> | null {
  const present = reader.ask(readingColumns)
  const columns = metrics.map(columnOf)
  const found = columns.filter((column) => present.has(column))
  if (found.length === 0) return null
  const count = columns.length
  return {
    columns: columns.map((column) => (present.has(column) ? column : 'NULL')),
    // Of many metrics a row has one nearly always.
    where:
      query.metrics === null ? '' : found.map((column) => `${column} IS NOT NULL`).join(' OR '),
    rowOf(device, cells) {
      const values = Array<number>(count)
      for (let index = 0; index < count; index++) {
        const value = cells[CELL.columns + index]
        values[index] = typeof value === 'number' ? value : Number.NaN
      }
      return {
        device,
        ts: Number(cells[CELL.ts]),
        simulated: cells[CELL.simulated] !== 0,
        values,
      }
    },
  }
}

function windowShape(
  reader: ClusteredReader,
  metrics: readonly string[],
): RowShape<WindowRow> | null {
  const numbers = reader.ask(metricNumbers)
  const places: number[] = []
  for (const [place, metric] of metrics.entries()) {
    const number = numbers.get(metric)
    if (number !== undefined) places[number] = place
  }
  if (places.length === 0) return null
  return {
    columns: ['summaries'],
    where: '',
    rowOf(device, cells) {
      const bytes = cells[CELL.columns]
      const summaries =
        bytes instanceof Uint8Array ? summariesIn(reader, bytes, places, metrics.length) : []
      if (summaries.every((summary) => summary === null)) return null
      return {
        device,
        start: Number(cells[CELL.ts]),
        simulated: cells[CELL.simulated] !== 0,
        summaries,
      }
    },
  }
}

function summariesIn(
  reader: ClusteredReader,
  bytes: Uint8Array,
  places: readonly (number | undefined)[],
  count: number,
): ReturnType<typeof takeSummaries> {
  return reader.ask(() => takeSummaries(bytes, places, count))
}
