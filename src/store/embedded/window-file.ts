// One device type's windows of one level and stretch of time, as the writer holds them.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { DeviceType } from '../../core/device-type.ts'
import { metricsOf } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import type { WindowRow } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { makeDurable } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { PAGE_BYTES } from './day-schema.ts'
import { blobBytesMax, putSummaries, type MetricMark } from './summary-blob.ts'
import { prepareWindowSchema } from './window-schema.ts'

export interface WindowFile {
  readonly path: string
  /**
   * Puts the windows in the place of those of their devices and starts, in one transaction. When it throws nothing of it is kept,
   * and the file must be closed and opened again before the next write.
   */
  put(windows: readonly WindowRow[]): void
  sync(): void
  close(): void
}

export interface WindowFileOptions {
  readonly path: string
  readonly type: DeviceType
  readonly blockMs: Millis
}

/** Rows of one statement. */
const STATEMENT_ROWS = 32
const COLUMNS = 5

/** Opens or makes the file. Throws when it cannot be opened or is of another format. */
export function openWindowFile({ path, type, blockMs }: WindowFileOptions): WindowFile {
  const database = openForWriting(path, 'normal', PAGE_BYTES)
  try {
    const metrics = metricsOf(type)
    const metricNumbers = prepareWindowSchema(
      database,
      path,
      metrics.map((metric) => metric.id),
    )
    const marks = metrics.map((metric): MetricMark => ({
      number: metricNumbers.get(metric.id) ?? 0,
      isCounter: metric.kind === 'counter',
    }))
    const addDevice = database.prepare('INSERT INTO devices (number, id) VALUES (?, ?)')
    const numbers = new Map<string, number>()
    for (const row of database.prepare('SELECT number, id FROM devices').iterate())
      numbers.set(textIn(row, 'id'), numberIn(row, 'number'))
    const many = prepareReplace(database, STATEMENT_ROWS)
    const one = prepareReplace(database, 1)
    /** Blobs of one statement. SQLite copies them when it runs. */
    const bytes = new Uint8Array(STATEMENT_ROWS * blobBytesMax(marks.length))
    // What a killed process has committed is in the file, and perhaps not on the disk yet.
    let unsynced = true

    function numberOf(device: string): number {
      const known = numbers.get(device)
      if (known !== undefined) return known
      const number = numbers.size
      addDevice.run(number, device)
      numbers.set(device, number)
      return number
    }

    function replace(rows: readonly NumberedWindow[]): void {
      const parameters: SQLInputValue[] = []
      const cursor = { bytes, at: 0 }
      for (const { number, block, window } of rows) {
        const from = cursor.at
        putSummaries(cursor, window.summaries, marks)
        const blob = bytes.subarray(from, cursor.at)
        parameters.push(block, number, window.start, window.simulated ? 1 : 0, blob)
      }
      if (rows.length === STATEMENT_ROWS) many.run(...parameters)
      else
        for (let from = 0; from < parameters.length; from += COLUMNS)
          one.run(...parameters.slice(from, from + COLUMNS))
    }

    return {
      path,
      put(windows) {
        inTransaction(database, () => {
          const rows = windows.map((window): NumberedWindow => ({
            number: numberOf(window.device),
            block: Math.floor(window.start / blockMs),
            window,
          }))
          // In the order of the key each page is found once; of two for one place, the later one stays the later one.
          rows.sort((a, b) => a.block - b.block || a.number - b.number)
          for (let from = 0; from < rows.length; from += STATEMENT_ROWS)
            replace(rows.slice(from, from + STATEMENT_ROWS))
        })
        unsynced = true
      },
      sync() {
        if (!unsynced) return
        makeDurable(database, path)
        unsynced = false
      },
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}

interface NumberedWindow {
  readonly number: number
  readonly block: number
  readonly window: WindowRow
}

function prepareReplace(database: DatabaseSync, rows: number): StatementSync {
  const row = `(${Array(COLUMNS).fill('?').join(', ')})`
  return database.prepare(
    `INSERT OR REPLACE INTO windows (block, device, ts, simulated, summaries) VALUES ${Array(rows).fill(row).join(', ')}`,
  )
}
