// The SQL that puts readings into a day file: many new rows at once, one row that may be there already, and a merge.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Reading } from '../../core/reading.ts'
import { columnOf } from './layout.ts'

/** Rows in one INSERT: beyond 20 the gain per row is gone, and the statement only gets longer. */
export const ROWS_PER_INSERT = 20

/** Columns before the metrics: ts, device, received_at, simulated. */
export const KEY_COLUMNS = 4

export interface DayStatements {
  /** `ROWS_PER_INSERT` rows; a row that is there already is an error. */
  readonly insertMany: StatementSync
  /** One row; nothing changes when it is there already. */
  readonly insertOne: StatementSync
  /** New values over old ones where there is a new one; changes a row only when a value differs. Takes `mergeParameters`. */
  readonly merge: StatementSync
  /** Once simulated, always simulated. Takes `ts, device`. */
  readonly markSimulated: StatementSync
  /** Takes `number, id`. */
  readonly addDevice: StatementSync
  /** Takes `applied, stored, duplicate, revised`. */
  readonly setMeta: StatementSync
}

export function prepareDayStatements(
  database: DatabaseSync,
  metrics: readonly string[],
): DayStatements {
  const columns = metrics.map(columnOf)
  const into = `INSERT INTO readings (${['ts', 'device', 'received_at', 'simulated', ...columns].join(', ')}) VALUES`
  const row = `(${Array(columns.length + KEY_COLUMNS)
    .fill('?')
    .join(', ')})`
  const given = (index: number): string => `?${index + KEY_COLUMNS}`
  return {
    insertMany: database.prepare(`${into} ${Array(ROWS_PER_INSERT).fill(row).join(', ')}`),
    insertOne: database.prepare(`${into} ${row} ON CONFLICT (ts, device) DO NOTHING`),
    merge: database.prepare(`
      UPDATE readings SET received_at = ?3
        ${columns.map((column, index) => `, ${column} = coalesce(${given(index)}, ${column})`).join('')}
      WHERE ts = ?1 AND device = ?2 AND (false
        ${columns.map((column, index) => `OR (${given(index)} IS NOT NULL AND ${given(index)} IS NOT ${column})`).join(' ')})
    `),
    markSimulated: database.prepare(
      'UPDATE readings SET simulated = 1 WHERE ts = ? AND device = ? AND simulated = 0',
    ),
    addDevice: database.prepare('INSERT INTO devices (number, id) VALUES (?, ?)'),
    setMeta: database.prepare(
      'UPDATE meta SET applied = ?, stored = ?, duplicate = ?, revised = ?',
    ),
  }
}

/** Adds a row's parameters to those of an insert. SQLite keeps NaN as NULL, which is what absent means in both. */
export function pushRow(
  parameters: SQLInputValue[],
  reading: Reading,
  ts: number,
  device: number,
): void {
  parameters.push(ts, device, reading.receivedAt, reading.simulated ? 1 : 0)
  for (const value of reading.values) parameters.push(value)
}

export function mergeParameters(reading: Reading, ts: number, device: number): SQLInputValue[] {
  return [ts, device, reading.receivedAt, ...reading.values]
}
