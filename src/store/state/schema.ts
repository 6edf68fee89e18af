// The tables of the state database. Documents are kept whole as JSON; what lists filter and sort by stands beside in columns.

import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { numberIn } from '../sqlite/row.ts'

const STATE_FORMAT = 1

/** Throws when a newer version of the product wrote the file, or when it is no state file. */
export function checkStateFormat(database: DatabaseSync, file: string): void {
  const row = database.prepare('SELECT format FROM meta').get()
  const format = row === undefined ? null : numberIn(row, 'format')
  if (format === null || format > STATE_FORMAT)
    throw new Error(
      `Cannot open the state in ${file}: expected format ${STATE_FORMAT} or older, got ${format ?? 'none'}` +
        (format === null ? '' : ', written by a newer version'),
    )
}

/** Makes the tables in a new file, and in an older one those that have come since; throws as `checkStateFormat` does. */
export function prepareStateSchema(database: DatabaseSync, file: string): void {
  inTransaction(database, () => {
    const made = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get()
    if (made === undefined) database.exec(TABLES)
    checkStateFormat(database, file)
    database.exec(ADDED_TABLES)
    database.exec(FOLDED_AGAIN)
  })
}

/** The outbox query repeats this condition word for word, so that its index serves it. */
export const UNDELIVERED = "delivery IN ('queued', 'retrying')"

/** Queries repeat this expression word for word, so that its index serves them. */
export const DEVICE_INTEGRATION = "json_extract(document, '$.integration')"

const TABLES = `
  CREATE TABLE meta (
    format INTEGER NOT NULL, applied INTEGER NOT NULL, any_simulated INTEGER NOT NULL
  );
  INSERT INTO meta VALUES (${STATE_FORMAT}, 0, 0);

  CREATE TABLE devices (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, division TEXT NOT NULL, parent TEXT,
    search TEXT NOT NULL, has_credential INTEGER NOT NULL, access TEXT NOT NULL, document TEXT NOT NULL
  );
  CREATE INDEX devices_by_type ON devices (type, id);
  CREATE INDEX devices_by_division ON devices (division, id);
  CREATE INDEX devices_by_parent ON devices (parent, id) WHERE parent IS NOT NULL;

  CREATE TABLE presence (
    device TEXT PRIMARY KEY, state TEXT NOT NULL, at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE latest (
    device TEXT PRIMARY KEY, received_at INTEGER NOT NULL, document TEXT NOT NULL
  );

  -- closed (0 or 1), severity, age (minus raisedAt), id: ascending, this is the order of the list.
  CREATE TABLE alerts (
    id TEXT PRIMARY KEY, closed INTEGER NOT NULL, severity TEXT NOT NULL, age INTEGER NOT NULL,
    division TEXT NOT NULL, type TEXT NOT NULL, device TEXT NOT NULL, document TEXT NOT NULL
  );
  CREATE INDEX alerts_in_order ON alerts (closed, severity, age, id);
  CREATE INDEX alerts_of_device ON alerts (device, closed, severity, age, id);
  CREATE TABLE timeline (
    alert TEXT NOT NULL, position INTEGER NOT NULL, ordinal INTEGER NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY (alert, position, ordinal)
  ) WITHOUT ROWID;

  CREATE TABLE tickets (
    id TEXT PRIMARY KEY, opened_at INTEGER NOT NULL, delivery TEXT NOT NULL, case_no TEXT,
    division TEXT NOT NULL, device TEXT NOT NULL, document TEXT NOT NULL, report TEXT NOT NULL
  );
  CREATE INDEX tickets_in_order ON tickets (opened_at, id);
  CREATE INDEX tickets_of_device ON tickets (device, opened_at, id);
  CREATE INDEX tickets_by_case ON tickets (case_no) WHERE case_no IS NOT NULL;
  CREATE INDEX tickets_undelivered ON tickets (opened_at, id) WHERE ${UNDELIVERED};
  CREATE TABLE history (
    ticket TEXT NOT NULL, position INTEGER NOT NULL, ordinal INTEGER NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY (ticket, position, ordinal)
  ) WITHOUT ROWID;

  -- source: whose share of the quarantine it takes, the device or, where none is known, the client.
  CREATE TABLE quarantine (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    device TEXT, code TEXT NOT NULL, payload BLOB NOT NULL, document TEXT NOT NULL
  );
  CREATE INDEX quarantine_of_source ON quarantine (source, number);
  CREATE INDEX quarantine_of_device ON quarantine (device, number) WHERE device IS NOT NULL;
  CREATE INDEX quarantine_by_code ON quarantine (code, number);
  CREATE TABLE quarantine_counts (code TEXT PRIMARY KEY, total INTEGER NOT NULL) WITHOUT ROWID;
`

/**
 * What has come since the first version, so that an older file gains it when it is opened; an older version of the product does not
 * see it. The integration stays inside the document: a column would not be there in an older file.
 */
const ADDED_TABLES = `
  CREATE INDEX IF NOT EXISTS devices_by_integration ON devices (${DEVICE_INTEGRATION}, id);

  -- alias: as foldAlias makes it.
  CREATE TABLE IF NOT EXISTS aliases (
    alias TEXT PRIMARY KEY, device TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS aliases_of_device ON aliases (device);

  CREATE TABLE IF NOT EXISTS integrations (
    id TEXT PRIMARY KEY, access TEXT NOT NULL, document TEXT NOT NULL
  ) WITHOUT ROWID;

  -- folded: the name as foldAlias makes it.
  CREATE TABLE IF NOT EXISTS strangers (
    name TEXT PRIMARY KEY, folded TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    count INTEGER NOT NULL, client TEXT NOT NULL, topic TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS strangers_in_order ON strangers (last_at, name);
  CREATE INDEX IF NOT EXISTS strangers_by_folded ON strangers (folded);

  -- place: the position of the message, as its items' ids begin; items: how many of them are kept.
  CREATE TABLE IF NOT EXISTS quarantine_payloads (
    place TEXT PRIMARY KEY, items INTEGER NOT NULL, payload BLOB NOT NULL
  );
  CREATE TRIGGER IF NOT EXISTS quarantine_gone AFTER DELETE ON quarantine WHEN length(OLD.payload) = 0 BEGIN
    UPDATE quarantine_payloads SET items = items - 1
      WHERE place = substr(OLD.id, 1, instr(OLD.id, '.') - 1);
    DELETE FROM quarantine_payloads
      WHERE place = substr(OLD.id, 1, instr(OLD.id, '.') - 1) AND items <= 0;
  END;
`

/** Earlier versions kept the `:` and `/` at the end of names. Of two that have become the same the one that was so already stays. */
const FOLDED_AGAIN = `
  UPDATE OR IGNORE aliases SET alias = rtrim(alias, ':/')
    WHERE substr(alias, -1) IN (':', '/') AND rtrim(alias, ':/') <> '';
  UPDATE strangers SET folded = rtrim(folded, ':/')
    WHERE substr(folded, -1) IN (':', '/') AND rtrim(folded, ':/') <> '';
`
