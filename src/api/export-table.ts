// A dataset as a file: CSV for spreadsheets or one JSON array, made batch by batch.

import { setImmediate as letOthersRun } from 'node:timers/promises'
import { BYTE_ORDER_MARK, csvLine, type Cell } from './csv-line.ts'

export const exportFormats = ['csv', 'json'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** A row in the format that was asked for. */
export type ExportedRow = { readonly cells: readonly Cell[] } | { readonly object: object }

export interface ExportTable {
  /** Names of the columns, with units. */
  readonly header: readonly string[]
  batches(format: ExportFormat): AsyncIterable<readonly ExportedRow[]>
}

export interface ExportPiece {
  readonly text: string
  readonly rows: number
}

export const exportContentTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
}

/** Begins with the first rows where there are any, so that a database that is away shows before anything is said. */
export async function* exportPieces(
  table: ExportTable,
  format: ExportFormat,
): AsyncGenerator<ExportPiece, void, undefined> {
  const head = format === 'csv' ? BYTE_ORDER_MARK + csvLine(table.header) : '['
  let rows = 0
  for await (const batch of table.batches(format)) {
    if (batch.length === 0) continue
    const lines = batch.map(lineOf)
    const text =
      format === 'csv' ? lines.join('') : `${rows === 0 ? '\n' : ',\n'}${lines.join(',\n')}`
    yield { text: rows === 0 ? head + text : text, rows: batch.length }
    rows += batch.length
    await letOthersRun()
  }
  if (rows === 0) yield { text: head, rows: 0 }
  if (format === 'json') yield { text: '\n]\n', rows: 0 }
}

function lineOf(row: ExportedRow): string {
  return 'cells' in row ? csvLine(row.cells) : JSON.stringify(row.object)
}
