// The SQL for a day file's single rows: one that may be there already, and a merge into it.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Reading } from '../../core/messages/reading.ts'
import { blockOf, columnOf, KEY_COLUMNS } from './layout.ts'

export interface DayStatements {
  /** One row; nothing changes when it is there already. Takes `rowParameters`. */
  readonly insertOne: StatementSync
  /** New values over old ones where there is a new one; changes a row only when a value differs. Takes `mergeParameters`. */
  readonly merge: StatementSync
  /** Once simulated, always simulated. Takes `block, device, ts`. */
  readonly markSimulated: StatementSync
  /** The device's newest time in a block. Takes `block, device`. */
  readonly newestIn: StatementSync
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
  const names = [...KEY_COLUMNS, ...columns]
  const given = (index: number): string => `?${index + 5}`
  return {
    insertOne: database.prepare(`
      INSERT INTO readings (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
      ON CONFLICT (block, device, ts) DO NOTHING
    `),
    merge: database.prepare(`
      UPDATE readings SET received_at = ?4
        ${columns.map((column, index) => `, ${column} = coalesce(${given(index)}, ${column})`).join('')}
      WHERE block = ?1 AND device = ?2 AND ts = ?3 AND (false
        ${columns.map((column, index) => `OR (${given(index)} IS NOT NULL AND ${given(index)} IS NOT ${column})`).join(' ')})
    `),
    markSimulated: database.prepare(
      'UPDATE readings SET simulated = 1 WHERE block = ? AND device = ? AND ts = ? AND simulated = 0',
    ),
    newestIn: database.prepare('SELECT max(ts) AS ts FROM readings WHERE block = ? AND device = ?'),
    addDevice: database.prepare('INSERT INTO devices (number, id) VALUES (?, ?)'),
    setMeta: database.prepare(
      'UPDATE meta SET applied = ?, stored = ?, duplicate = ?, revised = ?',
    ),
  }
}

/** SQLite keeps NaN as NULL, which is what absent means in both. */
export function rowParameters(reading: Reading, ts: number, device: number): SQLInputValue[] {
  return [blockOf(ts), device, ts, reading.receivedAt, reading.simulated ? 1 : 0, ...reading.values]
}

export function mergeParameters(reading: Reading, ts: number, device: number): SQLInputValue[] {
  return [blockOf(ts), device, ts, reading.receivedAt, ...reading.values]
}
