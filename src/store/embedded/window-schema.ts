// The tables of one file of windows. Metrics have numbers, so a type may gain or lose some and the file stays readable.

import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { checkFormat } from './day-schema.ts'

export const WINDOW_FILE_FORMAT = 1

/** Null when the file has no tables yet: its writer has only just made it. */
export function readWindowFormat(database: DatabaseSync): number | null {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get()
  if (table === undefined) return null
  const row = database.prepare('SELECT format FROM meta').get()
  return row === undefined ? null : numberIn(row, 'format')
}

/** Makes the tables, and numbers the metrics that the file does not know yet. Gives the metrics' numbers by id. */
export function prepareWindowSchema(
  database: DatabaseSync,
  file: string,
  metrics: readonly string[],
): ReadonlyMap<string, number> {
  return inTransaction(database, () => {
    const format = readWindowFormat(database)
    if (format === null) database.exec(TABLES)
    else checkFormat(format, WINDOW_FILE_FORMAT, file)
    const numbers = new Map(metricNumbers(database))
    const add = database.prepare('INSERT INTO metrics (number, id) VALUES (?, ?)')
    for (const metric of metrics) {
      if (numbers.has(metric)) continue
      add.run(numbers.size, metric)
      numbers.set(metric, numbers.size)
    }
    return numbers
  })
}

/** The numbers that the metrics have in this file, by id. */
export function metricNumbers(database: DatabaseSync): ReadonlyMap<string, number> {
  return new Map(
    database
      .prepare('SELECT number, id FROM metrics')
      .all()
      .map((row) => [textIn(row, 'id'), numberIn(row, 'number')]),
  )
}

/** `ts` is the window's start. Why the key begins with a block: see `blockMsOf`. */
const TABLES = `
  CREATE TABLE meta (format INTEGER NOT NULL);
  INSERT INTO meta VALUES (${WINDOW_FILE_FORMAT});
  CREATE TABLE devices (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
  CREATE TABLE metrics (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
  CREATE TABLE windows (
    block INTEGER NOT NULL, device INTEGER NOT NULL, ts INTEGER NOT NULL,
    simulated INTEGER NOT NULL, summaries BLOB NOT NULL,
    PRIMARY KEY (block, device, ts)
  ) WITHOUT ROWID;
`
