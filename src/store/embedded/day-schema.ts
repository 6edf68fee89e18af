// The tables of one file of raw readings, and how they grow with the type's definition.

import type { DatabaseSync } from 'node:sqlite'
import type { WriteCounts } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { columnOf } from './layout.ts'

/** 1 had the key (ts, device); such files are converted when the store is opened. */
export const DAY_FILE_FORMAT = 2

/** Rows are written by the thousand: larger pages are filled and split less often. */
export const PAGE_BYTES = 8192

export const NO_COUNTS: WriteCounts = { stored: 0, duplicate: 0, revised: 0 }

/** What a day file says about itself; it changes in the same transaction as the rows. */
export interface DayMeta {
  readonly format: number
  /** Journal position up to which the file has taken its readings. */
  readonly applied: number
  readonly counts: WriteCounts
}

/** Null when the file has no tables yet: its writer has only just made it. */
export function readDayMeta(database: DatabaseSync): DayMeta | null {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get()
  if (table === undefined) return null
  const row = database.prepare('SELECT format, applied, stored, duplicate, revised FROM meta').get()
  if (row === undefined) return null
  return {
    format: numberIn(row, 'format'),
    applied: numberIn(row, 'applied'),
    counts: {
      stored: numberIn(row, 'stored'),
      duplicate: numberIn(row, 'duplicate'),
      revised: numberIn(row, 'revised'),
    },
  }
}

/** Throws when the file is of another format than the current one. */
export function checkFormat(format: number, expected: number, file: string): void {
  if (format === expected) return
  const why =
    format > expected ? 'written by a newer version' : 'which could not be converted at the start'
  throw new Error(`Cannot open ${file}: expected format ${expected}, got ${format}, ${why}`)
}

/** The columns the readings have in this file, which may be older than the type's definition. */
export function readingColumns(database: DatabaseSync): ReadonlySet<string> {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all('readings')
  return new Set(rows.map((row) => textIn(row, 'name')))
}

/** Makes the tables, as applied up to a position, or adds the columns of metrics that the type has gained since. */
export function prepareDaySchema(
  database: DatabaseSync,
  file: string,
  metrics: readonly string[],
  appliedAtFirst = 0,
): DayMeta {
  return inTransaction(database, () => {
    const meta = readDayMeta(database)
    if (meta === null) {
      database.exec(dayTables('main', metrics.map(columnOf)))
      const first = { format: DAY_FILE_FORMAT, applied: appliedAtFirst, counts: NO_COUNTS }
      database.prepare('INSERT INTO meta VALUES (?, ?, 0, 0, 0)').run(first.format, first.applied)
      return first
    }
    checkFormat(meta.format, DAY_FILE_FORMAT, file)
    const present = readingColumns(database)
    for (const metric of metrics)
      if (!present.has(columnOf(metric)))
        database.exec(`ALTER TABLE readings ADD COLUMN ${columnOf(metric)} REAL`)
    return meta
  })
}

/** SQL that makes the tables, without the row of `meta`. Why the key begins with a block: see `blockMsOf`. */
export function dayTables(schema: string, columns: readonly string[]): string {
  return `
    CREATE TABLE ${schema}.meta (
      format INTEGER NOT NULL, applied INTEGER NOT NULL,
      stored INTEGER NOT NULL, duplicate INTEGER NOT NULL, revised INTEGER NOT NULL
    );
    CREATE TABLE ${schema}.devices (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    CREATE TABLE ${schema}.readings (
      block INTEGER NOT NULL, device INTEGER NOT NULL, ts INTEGER NOT NULL,
      received_at INTEGER NOT NULL, simulated INTEGER NOT NULL,
      ${columns.map((column) => `${column} REAL,`).join(' ')}
      PRIMARY KEY (block, device, ts)
    ) WITHOUT ROWID;
  `
}
