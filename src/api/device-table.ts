// A table of devices (CSV with a header row) -> the same objects that JSON would have brought, not checked yet.

import type { FieldError } from './errors.ts'
import { parseCsv } from './csv.ts'
import { RATED_KEY_PATTERN } from './device-schema.ts'

export const DEVICE_ROWS_MAX = 20_000

const TEXT_COLUMNS = new Set([
  'id',
  'type',
  'name',
  'division',
  'grid',
  'street',
  'parent',
  'roadClass',
  'department',
  'maintainer',
  'componentCode',
  'integration',
  'codec',
])
const NUMBER_COLUMNS = new Set(['lat', 'lon', 'reportSeconds'])
/** Several texts in one cell, with a bar between them. */
const LIST_COLUMNS = new Set(['aliases'])
const FLAG_COLUMNS = new Set(['weakArea', 'simulated'])
const REQUIRED_COLUMNS = ['id', 'type', 'name', 'division'] as const
const RATED = 'rated.'
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** What one row says; the first row below the header is 1. */
export interface DeviceRow {
  readonly row: number
  readonly item: unknown
}

export type DeviceTable =
  /** `errors` are of rows that cannot be read; the others are in `items`. */
  | {
      readonly ok: true
      readonly items: readonly DeviceRow[]
      readonly errors: readonly FieldError[]
    }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** An empty cell says nothing. A cell that is no number or flag stays text, for the check to name. */
export function readDeviceTable(text: string): DeviceTable {
  const table = parseCsv(text, { rowsMax: DEVICE_ROWS_MAX + 1, columnsMax: 100 })
  if (!table.ok)
    return { ok: false, errors: [{ row: table.row, field: 'row', reason: table.reason }] }
  const [header = [], ...rows] = table.rows
  const columns = header.map((name) => name.trim())
  const wrongHeader = headerErrors(columns)
  const wrongLength = lengthErrors(rows, columns.length)
  if (wrongHeader.length > 0) return { ok: false, errors: [...wrongHeader, ...wrongLength] }
  const items = rows.flatMap((row, index) =>
    row.length === columns.length ? [{ row: index + 1, item: deviceOf(columns, row) }] : [],
  )
  return { ok: true, items, errors: wrongLength }
}

function headerErrors(columns: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const field of columns) {
    if (!isColumn(field)) errors.push({ row: 0, field, reason: 'no such column' })
    if (seen.has(field)) errors.push({ row: 0, field, reason: 'expected the column once' })
    seen.add(field)
  }
  for (const field of REQUIRED_COLUMNS)
    if (!seen.has(field)) errors.push({ row: 0, field, reason: 'expected the column, got none' })
  return errors
}

function isColumn(name: string): boolean {
  if (name.startsWith(RATED)) return RATED_KEY_PATTERN.test(name.slice(RATED.length))
  return [TEXT_COLUMNS, LIST_COLUMNS, NUMBER_COLUMNS, FLAG_COLUMNS].some((one) => one.has(name))
}

function lengthErrors(rows: readonly (readonly string[])[], columns: number): FieldError[] {
  return rows.flatMap((row, index) =>
    row.length === columns
      ? []
      : [{ row: index + 1, field: 'row', reason: `expected ${columns} cells, got ${row.length}` }],
  )
}

function deviceOf(columns: readonly string[], row: readonly string[]): unknown {
  const device: [string, unknown][] = []
  const rated: [string, unknown][] = []
  for (const [index, name] of columns.entries()) {
    const cell = row[index]?.trim() ?? ''
    if (cell === '') continue
    if (name.startsWith(RATED)) rated.push([name.slice(RATED.length), numberOrText(cell)])
    else if (NUMBER_COLUMNS.has(name)) device.push([name, numberOrText(cell)])
    else if (LIST_COLUMNS.has(name)) device.push([name, cell.split('|').map((one) => one.trim())])
    else if (FLAG_COLUMNS.has(name)) device.push([name, flagOrText(cell)])
    else device.push([name, cell])
  }
  if (rated.length > 0) device.push(['rated', Object.fromEntries(rated)])
  return Object.fromEntries(device)
}

function numberOrText(cell: string): number | string {
  return NUMBER.test(cell) ? Number(cell) : cell
}

function flagOrText(cell: string): boolean | string {
  const lower = cell.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : cell
}
