// Reads one page of a list in the order of its sort columns. The next page begins behind the last row seen, not at a row number,
// so rows that come or go in the meantime neither repeat nor hide others.

import type { SQLInputValue } from 'node:sqlite'
import type { Page, Paging } from '../../ports.ts'
import type { Row } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'
import { decodeCursor, encodeCursor, type SortKey } from './cursor.ts'

const LIMIT_MAX = 1_000

/** A condition of a filter with its parameters; the text is always our own, values are always bound. */
export interface Condition {
  readonly sql: string
  readonly parameters: readonly SQLInputValue[]
}

export interface List<T> {
  readonly table: string
  /** The columns that sort it; the last one is unique. */
  readonly order: readonly string[]
  /** One direction for all of them, so that one comparison says what comes behind a row. */
  readonly direction: 'ASC' | 'DESC'
  readonly columns: string
  readonly read: (row: Row) => T
}

/** Throws RangeError for a limit outside 1 to 1,000 or a cursor of another query. */
export function listPage<T>(
  prepared: Statements,
  list: List<T>,
  conditions: readonly Condition[],
  paging: Paging,
): Page<T> {
  if (!Number.isInteger(paging.limit) || paging.limit < 1 || paging.limit > LIMIT_MAX)
    throw new RangeError(
      `Cannot read a page of ${list.table}: expected a limit from 1 to ${LIMIT_MAX}, got ${paging.limit}`,
    )
  const query = JSON.stringify([list.table, ...conditions.map((one) => [one.sql, one.parameters])])
  const all = [...conditions]
  if (paging.cursor !== null) all.push(behind(list, decodeCursor(query, paging.cursor)))
  const where = all.length === 0 ? '' : `WHERE ${all.map((one) => one.sql).join(' AND ')}`
  const rows = prepared(
    `SELECT ${list.columns}, ${list.order.join(', ')} FROM ${list.table} ${where}
     ORDER BY ${list.order.map((column) => `${column} ${list.direction}`).join(', ')} LIMIT ?`,
  ).all(...all.flatMap((one) => one.parameters), paging.limit + 1)
  const last = rows.length > paging.limit ? rows[paging.limit - 1] : undefined
  return {
    items: rows.slice(0, paging.limit).map(list.read),
    cursor: last === undefined ? null : encodeCursor(query, sortKey(list.order, last)),
  }
}

function behind(
  { order, direction }: Pick<List<unknown>, 'order' | 'direction'>,
  key: SortKey,
): Condition {
  return {
    sql: `(${order.join(', ')}) ${direction === 'ASC' ? '>' : '<'} (${order.map(() => '?').join(', ')})`,
    parameters: key,
  }
}

function sortKey(order: readonly string[], row: Row): SortKey {
  return order.map((column) => {
    const value = row[column]
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new TypeError(`Cannot make a cursor: expected text or a number in column ${column}`)
    return value
  })
}

/** `column = value` for each filter that is set. */
export function equalities(filter: Readonly<Record<string, string | null>>): readonly Condition[] {
  return Object.entries(filter).flatMap(([column, value]) =>
    value === null ? [] : [{ sql: `${column} = ?`, parameters: [value] }],
  )
}
