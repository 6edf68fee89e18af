// Writes one line of comma-separated values (RFC 4180) that a spreadsheet takes for nothing but values. Pure.

export type Cell = string | number | boolean | null

/** So that Excel in Chinese reads UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF'

/** A spreadsheet takes text that begins so for a formula; also in the full-width forms. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/

/** Numbers stay as they are, also negative ones; what is not known is empty. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return Number.isNaN(cell) ? '' : String(cell)
  if (typeof cell === 'boolean') return String(cell)
  const text = FORMULA.test(cell) ? `'${cell}` : cell
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
