// What rollups must know again after a crash, in one SQLite file that changes as a whole: how far they are and what is dirty.

import type { DatabaseSync } from 'node:sqlite'
import { isPosition, type Millis, type Position } from '../../core/position.ts'
import { rollupLevels, type RollupLevel, type TelemetryLevel } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { makeDurable } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import type { Mark, MarkChange, MarkLevel } from './dirty-marks.ts'
import type { KeptSince } from './lost-levels.ts'
import type { RefusedSpan } from './refused-spans.ts'

export interface LedgerState {
  /** Readings up to here are accounted for: in kept windows, in marks, or measured between `through` and `openTo`. */
  readonly position: Position
  /** Time of the feed. */
  readonly at: Millis
  /** Every reading up to `position` was measured before this, or is marked. */
  readonly openTo: Millis
  readonly through: Readonly<Record<RollupLevel, Millis>>
  /** No window begins earlier; null: an older version has not noted it. */
  readonly begun: Millis | null
}

export interface Ledger {
  /** Null: nothing has been saved yet. */
  readonly state: LedgerState | null
  /** Throws when a row makes no sense. */
  marks(): readonly Mark[]
  refused(): readonly RefusedSpan[]
  keptSince(): readonly KeptSince[]
  /** Of the hours and days that are kept; null: none are, '': an older version has not noted it. */
  readonly zone: string | null
  setZone(name: string): void
  refuse(span: RefusedSpan): void
  /** All or nothing. `released`: spans that are refused no more. */
  save(
    state: LedgerState,
    changes: readonly MarkChange[],
    released?: readonly RefusedSpan[],
    kept?: readonly KeptSince[],
  ): void
  /** What has been saved is safe against power loss. */
  sync(): void
  close(): void
}

const FORMAT = 1

/** Opens or makes the file. Throws when it cannot, or when a newer version wrote it. */
export function openLedger(file: string): Ledger {
  const database = openForWriting(file, 'normal')
  try {
    prepare(database, file)
    const remove = database.prepare('DELETE FROM dirty WHERE level = ? AND type = ? AND start = ?')
    const insert = database.prepare('INSERT OR IGNORE INTO dirty VALUES (?, ?, ?, ?)')
    const replace = database.prepare('INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?, ?, ?, ?)')
    const note = database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)')
    const refuse = database.prepare('INSERT OR IGNORE INTO refused VALUES (?, ?, ?)')
    const accept = database.prepare(
      'DELETE FROM refused WHERE level = ? AND type = ? AND start = ?',
    )
    const keep = database.prepare('INSERT OR REPLACE INTO kept_since VALUES (?, ?, ?)')
    let state = readState(database, file)
    let zone = factIn(database, 'time_zone')

    return {
      get state() {
        return state
      },
      marks: () => readMarks(database, file),
      refused: () => readRefused(database),
      keptSince: () => readKeptSince(database),
      get zone() {
        return zone
      },
      setZone(name) {
        note.run('time_zone', name)
        zone = name
      },
      refuse: ({ level, type, start }) => void refuse.run(level, type, start),
      save(next, changes, released = [], kept = []) {
        inTransaction(database, () => {
          for (const { level, type, start, devices, replaces } of changes) {
            if (replaces) remove.run(level, type, start)
            // No device has an empty name: it stands for all of the type.
            for (const device of devices ?? ['']) insert.run(level, type, start, device)
          }
          for (const { level, type, start } of released) accept.run(level, type, start)
          for (const { level, type, since } of kept) keep.run(level, type, since)
          if (next.begun !== null) note.run('begun', String(next.begun))
          const { through } = next
          replace.run(
            next.position,
            next.at,
            next.openTo,
            through['1m'],
            through['1h'],
            through['1d'],
          )
        })
        state = next
      },
      sync: () => makeDurable(database, file),
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync, file: string): void {
  inTransaction(database, () => {
    const made = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'meta'").get()
    if (made === undefined) database.exec(TABLES)
    const noted = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'facts'").get()
    if (noted === undefined) database.exec(LATER_TABLES)
    const row = database.prepare('SELECT format FROM meta').get()
    const format = row === undefined ? null : numberIn(row, 'format')
    if (format !== FORMAT)
      throw new Error(
        `Cannot open the rollups' ledger ${file}: expected format ${FORMAT}, got ${format ?? 'none'}` +
          (format === null ? '' : ', written by another version'),
      )
  })
}

function readState(database: DatabaseSync, file: string): LedgerState | null {
  const row = database.prepare('SELECT * FROM progress').get()
  if (row === undefined) return null
  const position = numberIn(row, 'position')
  if (!isPosition(position))
    throw new Error(`Cannot read ${file}: expected a journal position, got ${position}`)
  const begun = factIn(database, 'begun')
  return {
    position,
    begun: begun === null ? null : Number(begun),
    at: numberIn(row, 'at'),
    openTo: numberIn(row, 'open_to'),
    through: {
      '1m': numberIn(row, 'through_1m'),
      '1h': numberIn(row, 'through_1h'),
      '1d': numberIn(row, 'through_1d'),
    },
  }
}

function readMarks(database: DatabaseSync, file: string): Mark[] {
  return database
    .prepare('SELECT level, type, start, device FROM dirty')
    .all()
    .map((row) => {
      const level = textIn(row, 'level')
      if (!isMarkLevel(level))
        throw new Error(`Cannot read ${file}: expected the level 1h or 1d, got "${level}"`)
      const device = textIn(row, 'device')
      return {
        level,
        type: textIn(row, 'type'),
        start: numberIn(row, 'start'),
        devices: device === '' ? null : [device],
      }
    })
}

function readRefused(database: DatabaseSync): RefusedSpan[] {
  return database
    .prepare('SELECT level, type, start FROM refused ORDER BY start')
    .all()
    .flatMap((row) => {
      const level = rollupLevels.find((one) => one === textIn(row, 'level'))
      return level === undefined
        ? []
        : [{ level, type: textIn(row, 'type'), start: numberIn(row, 'start') }]
    })
}

function readKeptSince(database: DatabaseSync): KeptSince[] {
  const levels: readonly TelemetryLevel[] = ['raw', ...rollupLevels]
  return database
    .prepare('SELECT level, type, since FROM kept_since')
    .all()
    .flatMap((row) => {
      const level = levels.find((one) => one === textIn(row, 'level'))
      return level === undefined
        ? []
        : [{ level, type: textIn(row, 'type'), since: numberIn(row, 'since') }]
    })
}

function factIn(database: DatabaseSync, name: string): string | null {
  const row = database.prepare('SELECT value FROM facts WHERE name = ?').get(name)
  return row === undefined ? null : textIn(row, 'value')
}

function isMarkLevel(level: string): level is MarkLevel {
  return level === '1h' || level === '1d'
}

const TABLES = `
  CREATE TABLE meta (format INTEGER NOT NULL);
  INSERT INTO meta VALUES (${FORMAT});
  CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, at INTEGER NOT NULL, open_to INTEGER NOT NULL,
    through_1m INTEGER NOT NULL, through_1h INTEGER NOT NULL, through_1d INTEGER NOT NULL
  );
  CREATE TABLE dirty (
    level TEXT NOT NULL, type TEXT NOT NULL, start INTEGER NOT NULL, device TEXT NOT NULL,
    PRIMARY KEY (level, type, start, device)
  ) WITHOUT ROWID;
`

/** Files of the first version have none of them, nor a note of the zone of the hours they may tell of. */
const LATER_TABLES = `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  INSERT INTO facts SELECT 'time_zone', '' FROM progress;
  CREATE TABLE refused (
    level TEXT NOT NULL, type TEXT NOT NULL, start INTEGER NOT NULL, PRIMARY KEY (level, type, start)
  ) WITHOUT ROWID;
  CREATE TABLE kept_since (
    level TEXT NOT NULL, type TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (level, type)
  ) WITHOUT ROWID;
`
