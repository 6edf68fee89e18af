// Reads columns of a row as what they must be. A column of another type means a damaged or foreign file, and says so.

import type { SQLOutputValue } from 'node:sqlite'

export type Row = Readonly<Record<string, SQLOutputValue>>

export function numberIn(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw unexpected('a number', column, value)
  return value
}

export function numberOrNullIn(row: Row, column: string): number | null {
  return row[column] === null ? null : numberIn(row, column)
}

export function textIn(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw unexpected('text', column, value)
  return value
}

export function textOrNullIn(row: Row, column: string): string | null {
  return row[column] === null ? null : textIn(row, column)
}

export function bytesIn(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw unexpected('bytes', column, value)
  return value
}

/** Only for JSON that this store has written itself: it was checked on the way in. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it has written
export function jsonIn<T>(row: Row, column: string): T {
  const value: T = JSON.parse(textIn(row, column))
  return value
}

function unexpected(expected: string, column: string, value: unknown): Error {
  return new TypeError(`Cannot read column ${column}: expected ${expected}, got ${typeof value}`)
}
