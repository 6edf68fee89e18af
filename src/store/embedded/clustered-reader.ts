// One file of rows clustered by (block, device, ts), readings or windows, as the reading side holds it: read-only, and by pages, so that
// no statement is open while others run.

import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Millis } from '../../core/position.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { openForReading } from '../sqlite/open-database.ts'
import { createStatements } from '../sqlite/statements.ts'
import { checkFormat } from './day-schema.ts'

/** A row as SQLite gives it: by column, the key first. */
export type Cells = Readonly<Record<number, SQLOutputValue>>

/** Block, device, ts and simulated come before the columns asked for. */
export const CELL = { block: 0, device: 1, ts: 2, simulated: 3, columns: 4 } as const

export interface Page {
  /** SQL of the columns. */
  readonly columns: readonly string[]
  /** SQL that each row must satisfy, or empty. */
  readonly where: string
  /** Inclusive. */
  readonly from: Millis
  /** Exclusive. */
  readonly to: Millis
  readonly limit: number
}

export interface ClusteredReader {
  readonly path: string
  /** The number a device has in this file, or null. */
  numberOf(device: string): number | null
  nameOf(number: number): string
  /** Roughly how many pages the file has. */
  pages(): number
  /** The device's rows, oldest first. */
  ofDevice(device: number, page: Page): readonly Cells[]
  /** The rows of all devices, or of those whose numbers are in the JSON array, in the order of the key, after the row given. */
  after(row: Cells | null, devices: string | null, page: Page): readonly Cells[]
  /** What the caller knows to ask of such a file. */
  ask<T>(question: (database: DatabaseSync) => T): T
  close(): void
}

export interface ClusteredReaderOptions {
  readonly path: string
  readonly table: 'readings' | 'windows'
  readonly blockMs: Millis
  readonly formatExpected: number
  /** Null when the file has no tables yet: its writer has only just made it. */
  readonly formatOf: (database: DatabaseSync) => number | null
}

/** Null when the file has no tables yet. Throws when it cannot be read or is of another format. */
export function openClusteredReader(options: ClusteredReaderOptions): ClusteredReader | null {
  const { path, table, blockMs } = options
  const database = openForReading(path)
  const prepared = createStatements(database)

  function ask<T>(question: (database: DatabaseSync) => T): T {
    try {
      return question(database)
    } catch (error) {
      throw new Error(
        `Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      )
    }
  }

  function rows(sql: string, parameters: readonly SQLInputValue[]): readonly Cells[] {
    return ask(() => {
      const statement = prepared(sql)
      statement.setReturnArrays(true)
      return statement.all(...parameters)
    })
  }

  const blockAt = (ts: Millis): number => Math.floor(ts / blockMs)
  const lastBlock = (page: Page): number => Math.ceil(page.to / blockMs) - 1
  const condition = (page: Page): string => (page.where === '' ? '' : `AND (${page.where})`)
  const columnsOf = (page: Page): string =>
    ['r.block', 'device', 'ts', 'simulated', ...page.columns].join(', ')

  try {
    const format = ask(options.formatOf)
    if (format === null) {
      database.close()
      return null
    }
    checkFormat(format, options.formatExpected, path)
  } catch (error) {
    database.close()
    throw error
  }

  return {
    path,
    ask,
    numberOf(device) {
      const row = ask(() => prepared('SELECT number FROM devices WHERE id = ?').get(device))
      return row === undefined ? null : numberIn(row, 'number')
    },
    nameOf(number) {
      const row = ask(() => prepared('SELECT id FROM devices WHERE number = ?').get(number))
      if (row === undefined)
        throw new Error(`Cannot read ${path}: expected a device of number ${number}`)
      return textIn(row, 'id')
    },
    pages() {
      const row = ask(() => prepared('PRAGMA page_count').get())
      return row === undefined ? 0 : numberIn(row, 'page_count')
    },
    // The blocks are listed and each is sought: they come, and in them the rows, in order of time.
    ofDevice: (device, page) =>
      rows(
        `WITH RECURSIVE blocks (block) AS (
           SELECT ?1 UNION ALL SELECT block + 1 FROM blocks WHERE block < ?2)
         SELECT ${columnsOf(page)} FROM blocks CROSS JOIN ${table} AS r
           ON r.block = blocks.block AND r.device = ?3
         WHERE ts >= ?4 AND ts < ?5 ${condition(page)} LIMIT ?6`,
        [blockAt(page.from), lastBlock(page), device, page.from, page.to, page.limit],
      ),
    after: (row, devices, page) =>
      rows(
        `SELECT ${columnsOf(page)} FROM ${table} AS r
         WHERE (block, device, ts) > (?1, ?2, ?3) AND block <= ?4 AND ts >= ?5 AND ts < ?6
           ${devices === null ? '' : 'AND device IN (SELECT value FROM json_each(?8))'} ${condition(page)}
         ORDER BY block, device, ts LIMIT ?7`,
        [
          row?.[CELL.block] ?? blockAt(page.from),
          row?.[CELL.device] ?? -1,
          row?.[CELL.ts] ?? 0,
          lastBlock(page),
          page.from,
          page.to,
          page.limit,
          ...(devices === null ? [] : [devices]),
        ],
      ),
    close: () => database.close(),
  }
}
