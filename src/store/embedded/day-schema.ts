// The tables of one day file, and how they grow with the type's definition.

import type { DatabaseSync } from 'node:sqlite'
import type { WriteCounts } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { columnOf } from './layout.ts'

export const DAY_FILE_FORMAT = 1

export const NO_COUNTS: WriteCounts = { stored: 0, duplicate: 0, revised: 0 }

/** What a day file says about itself; it changes in the same transaction as the rows. */
export interface DayMeta {
  readonly format: number
  /** Journal position up to which the file has taken its readings. */
  readonly applied: number
  readonly counts: WriteCounts
}

/** Null when the file has no tables yet: its writer has only just made it. Throws when a newer version wrote it. */
export function readDayMeta(database: DatabaseSync, file: string): DayMeta | null {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get()
  if (table === undefined) return null
  const row = database.prepare('SELECT format, applied, stored, duplicate, revised FROM meta').get()
  if (row === undefined) return null
  const format = numberIn(row, 'format')
  if (format > DAY_FILE_FORMAT)
    throw new Error(
      `Cannot open ${file}: expected format ${DAY_FILE_FORMAT} or older, got ${format}, written by a newer version`,
    )
  return {
    format,
    applied: numberIn(row, 'applied'),
    counts: {
      stored: numberIn(row, 'stored'),
      duplicate: numberIn(row, 'duplicate'),
      revised: numberIn(row, 'revised'),
    },
  }
}

/** The columns the readings have in this file, which may be older than the type's definition. */
export function readingColumns(database: DatabaseSync): ReadonlySet<string> {
  const rows = database.prepare('SELECT name FROM pragma_table_info(?)').all('readings')
  return new Set(rows.map((row) => textIn(row, 'name')))
}

/** Makes the tables, or adds the columns of metrics that the type has gained since. */
export function prepareDaySchema(
  database: DatabaseSync,
  file: string,
  metrics: readonly string[],
): DayMeta {
  return inTransaction(database, () => {
    const meta = readDayMeta(database, file)
    if (meta === null) {
      createTables(database, metrics)
      return { format: DAY_FILE_FORMAT, applied: 0, counts: NO_COUNTS }
    }
    const present = readingColumns(database)
    for (const metric of metrics)
      if (!present.has(columnOf(metric)))
        database.exec(`ALTER TABLE readings ADD COLUMN ${columnOf(metric)} REAL`)
    return meta
  })
}

/** The key begins with the time: rows come nearly in its order, so that writing appends instead of touching a page per device. */
function createTables(database: DatabaseSync, metrics: readonly string[]): void {
  database.exec(`
    CREATE TABLE meta (
      format INTEGER NOT NULL, applied INTEGER NOT NULL,
      stored INTEGER NOT NULL, duplicate INTEGER NOT NULL, revised INTEGER NOT NULL
    );
    INSERT INTO meta VALUES (${DAY_FILE_FORMAT}, 0, 0, 0, 0);
    CREATE TABLE devices (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    CREATE TABLE readings (
      ts INTEGER NOT NULL, device INTEGER NOT NULL,
      received_at INTEGER NOT NULL, simulated INTEGER NOT NULL,
      ${metrics.map((metric) => `${columnOf(metric)} REAL,`).join(' ')}
      PRIMARY KEY (ts, device)
    ) WITHOUT ROWID;
  `)
}
