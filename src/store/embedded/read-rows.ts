// Reads the rows of a query out of file after file, in batches: device by device where few are asked for, else all in the order of the
// key. Everyone else has a turn between two batches, and every page asks for its file anew: it may have been dropped or closed.

import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { RowQuery } from '../../ports.ts'
import { CELL, type Cells, type ClusteredReader } from './clustered-reader.ts'
import type { FileSpan } from './layout.ts'

export interface RowSource<Row> {
  /** In order of time. */
  readonly files: readonly FileSpan[]
  /** The file of this beginning, or null when there is none (any more). */
  readonly open: (from: number) => ClusteredReader | null
  readonly blockMs: number
  /** How the query's rows are asked for and made in one file; null: it has none of the metrics. */
  readonly shapeIn: (reader: ClusteredReader) => RowShape<Row> | null
}

export interface RowShape<Row> {
  readonly columns: readonly string[]
  readonly where: string
  /** Null: nothing to tell. */
  readonly rowOf: (device: string, cells: Cells) => Row | null
}

/** Rows of one batch. */
const BATCH_ROWS = 4_096

/** A page of the file is scanned in about the time of so many seeks. */
const SEEKS_PER_PAGE = 15

export async function* readRows<Row>(
  source: RowSource<Row>,
  query: RowQuery,
): AsyncGenerator<readonly Row[]> {
  const devices = query.devices === null ? null : [...new Set(query.devices)]
  if (devices?.length === 0) return
  for (const file of source.files) {
    const span = { from: Math.max(query.from, file.from), to: Math.min(query.to, file.to) }
    if (!(span.from < span.to)) continue
    const reader = source.open(file.from)
    if (reader === null) continue
    const blocks = (file.to - file.from) / source.blockMs
    const read = { source, file, span }
    if (devices === null || devices.length * blocks > reader.pages() * SEEKS_PER_PAGE)
      yield* scan(read, devices)
    else yield* seek(read, devices)
    await letOthersRun()
  }
}

interface FileRead<Row> {
  readonly source: RowSource<Row>
  readonly file: FileSpan
  /** What of it is asked for. */
  readonly span: FileSpan
}

async function* seek<Row>(
  { source, file, span }: FileRead<Row>,
  devices: readonly string[],
): AsyncGenerator<readonly Row[]> {
  const blocks = Math.ceil((span.to - span.from) / source.blockMs) + 1
  let batch: Row[] = []
  let cost = 0
  let opened: { reader: ClusteredReader; shape: RowShape<Row> } | null = null
  for (const device of devices) {
    for (let from: number | null = span.from; from !== null;) {
      opened = shapeOf(source, file, opened)
      if (opened === null) break
      const { reader, shape } = opened
      const number = reader.numberOf(device)
      if (number === null) break
      const limit = BATCH_ROWS - batch.length
      const page = { columns: shape.columns, where: shape.where, from, to: span.to, limit }
      const cells = reader.ofDevice(number, page)
      for (const one of cells) {
        const row = shape.rowOf(device, one)
        if (row !== null) batch.push(row)
      }
      from = cells.length < limit ? null : timeOf(cells) + 1
      cost += blocks + cells.length
      if (cost < BATCH_ROWS) continue
      cost = 0
      if (batch.length > 0) yield batch
      batch = []
      await letOthersRun()
    }
    if (opened === null) break
  }
  if (batch.length > 0) yield batch
}

async function* scan<Row>(
  { source, file, span }: FileRead<Row>,
  devices: readonly string[] | null,
): AsyncGenerator<readonly Row[]> {
  const names = new Map<number, string>()
  let chosen: string | null = null
  let last: Cells | null = null
  let opened: { reader: ClusteredReader; shape: RowShape<Row> } | null = null
  for (;;) {
    const before: ClusteredReader | undefined = opened?.reader
    opened = shapeOf(source, file, opened)
    if (opened === null) return
    const { reader, shape } = opened
    if (reader !== before) {
      names.clear()
      chosen = devices === null ? null : numbersOf(reader, devices)
    }
    const page = { columns: shape.columns, where: shape.where, ...span, limit: BATCH_ROWS }
    const cells = reader.after(last, chosen, page)
    const batch: Row[] = []
    for (const one of cells) {
      const row = shape.rowOf(nameIn(names, reader, one), one)
      if (row !== null) batch.push(row)
    }
    if (batch.length > 0) yield batch
    if (cells.length < BATCH_ROWS) return
    last = cells.at(-1) ?? null
    await letOthersRun()
  }
}

function shapeOf<Row>(
  source: RowSource<Row>,
  file: FileSpan,
  before: { reader: ClusteredReader; shape: RowShape<Row> } | null,
): { reader: ClusteredReader; shape: RowShape<Row> } | null {
  const reader = source.open(file.from)
  if (reader === null || reader === before?.reader) return reader === null ? null : before
  const shape = source.shapeIn(reader)
  return shape === null ? null : { reader, shape }
}

function timeOf(cells: readonly Cells[]): number {
  return Number(cells.at(-1)?.[CELL.ts])
}

function numbersOf(reader: ClusteredReader, devices: readonly string[]): string {
  const numbers = devices.map((device) => reader.numberOf(device))
  return JSON.stringify(numbers.filter((number) => number !== null))
}

function nameIn(names: Map<number, string>, reader: ClusteredReader, cells: Cells): string {
  const number = Number(cells[CELL.device])
  const known = names.get(number)
  if (known !== undefined) return known
  const name = reader.nameOf(number)
  names.set(number, name)
  return name
}
