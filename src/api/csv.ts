// Comma-separated values as RFC 4180 describes them: quotes, doubled quotes, line ends inside quotes; LF and CRLF. Pure.

export type CsvTable =
  | { readonly ok: true; readonly rows: readonly (readonly string[])[] }
  /** `row` counts as the rows do: 0 is the first line. */
  | { readonly ok: false; readonly row: number; readonly reason: string }

export interface CsvLimits {
  readonly rowsMax: number
  readonly columnsMax: number
}

/** Cells are kept as they stand, blanks included; empty lines are left out. */
export function parseCsv(text: string, { rowsMax, columnsMax }: CsvLimits): CsvTable {
  const rows: string[][] = []
  let row: string[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  const failed = (reason: string): CsvTable => ({ ok: false, row: rows.length, reason })

  while (at < text.length) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at)
    if (cell.kind === 'broken') {
      // A quote that is not closed swallows the rows after it, so the place where it ends tells nothing.
      const place = `column ${row.length + 1} of ${rows.length === 0 ? 'the first line' : `row ${rows.length}`}`
      return failed(
        text[at] === '"' ? `${cell.reason}: see the quote that opens ${place}` : cell.reason,
      )
    }
    row.push(cell.text)
    if (row.length > columnsMax) return failed(`expected at most ${columnsMax} columns`)
    at = cell.end
    if (text[at] === ',') {
      at++
      // A comma at the very end begins one more cell, which is empty.
      if (at < text.length) continue
      row.push('')
    } else if (text.startsWith('\r\n', at)) at += 2
    else if (text[at] === '\n') at++
    const isBlank = row.length === 1 && row[0] === ''
    if (!isBlank) rows.push(row)
    if (rows.length > rowsMax) return failed(`expected at most ${rowsMax} lines`)
    row = []
  }
  return { ok: true, rows }
}

type Cell =
  | { readonly kind: 'cell'; readonly text: string; readonly end: number }
  | { readonly kind: 'broken'; readonly reason: string }

function plainCell(text: string, start: number): Cell {
  let end = start
  for (; end < text.length; end++) {
    const character = text[end]
    if (character === ',' || character === '\n') break
    if (character === '\r' && text[end + 1] === '\n') break
    if (character === '"') return broken('expected a cell with quotes to begin with one')
    if (character === '\r') return broken('expected a line feed after the carriage return')
  }
  return { kind: 'cell', text: text.slice(start, end), end }
}

function quotedCell(text: string, start: number): Cell {
  let end = start + 1
  for (;;) {
    end = text.indexOf('"', end)
    if (end === -1) return broken('expected a closing quote, got the end of the text')
    if (text[end + 1] !== '"') break
    end += 2
  }
  const after = text[end + 1]
  const isEnd =
    after === undefined || after === ',' || after === '\n' || text.startsWith('\r\n', end + 1)
  if (!isEnd) return broken('expected a comma or the end of the line after the closing quote')
  return { kind: 'cell', text: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 }
}

function broken(reason: string): Cell {
  return { kind: 'broken', reason }
}
