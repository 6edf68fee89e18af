// The tables of the ledger's file.

import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { numberIn } from '../sqlite/row.ts'

const LEDGER_FORMAT = 1

/** Makes the tables where there are none. Throws when a newer version wrote the file. */
export function prepareLedgerSchema(database: DatabaseSync, file: string): void {
  inTransaction(database, () => {
    const found = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'totals'").get()
    if (found === undefined) {
      createTables(database)
      return
    }
    const row = database.prepare('SELECT format FROM totals').get()
    const format = row === undefined ? 0 : numberIn(row, 'format')
    if (format > LEDGER_FORMAT)
      throw new Error(
        `Cannot open ${file}: expected format ${LEDGER_FORMAT} or older, got ${format}, written by a newer version`,
      )
  })
}

function createTables(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE totals (
      format INTEGER NOT NULL, applied INTEGER NOT NULL, counted INTEGER NOT NULL, stored INTEGER NOT NULL,
      duplicate INTEGER NOT NULL, revised INTEGER NOT NULL, refused INTEGER NOT NULL,
      settled TEXT NOT NULL
    );
    INSERT INTO totals VALUES (${LEDGER_FORMAT}, 0, 0, 0, 0, 0, 0, '[0,0,0,0]');
    CREATE TABLE newest (
      type TEXT NOT NULL, device TEXT NOT NULL, ts INTEGER NOT NULL, division TEXT NOT NULL,
      PRIMARY KEY (type, device)
    ) WITHOUT ROWID;
    CREATE TABLE floors (type TEXT NOT NULL PRIMARY KEY, ts INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE odd (
      position INTEGER NOT NULL, ordinal INTEGER NOT NULL, counted_as TEXT NOT NULL, division TEXT NOT NULL,
      PRIMARY KEY (position, ordinal)
    ) WITHOUT ROWID;
    CREATE TABLE orphans (key TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
  `)
}
