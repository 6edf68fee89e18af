import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine } from '../../../src/api/csv-line.ts'
import { parseCsv } from '../../../src/api/csv.ts'

/** Any character there is. Fast-check's own unit for that takes most of a second to set up. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10_ff_ff - 0x8_00 })
  .map((code) => String.fromCodePoint(code < 0xd8_00 ? code : code + 0x8_00))

describe('a line of a CSV export', () => {
  it.each([
    ['plain text', '胜利路 12 号灯', '胜利路 12 号灯'],
    ['a formula', '=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
    ['a plus', '+1', "'+1"],
    ['a minus in text', '-1+2', "'-1+2"],
    ['an at', '@SUM(A1)', "'@SUM(A1)"],
    ['a tab', '\t=1', "'\t=1"],
    ['a carriage return', '\r=1', '"\'\r=1"'],
    ['full-width forms', '＝1', "'＝1"],
    ['an equals sign further on', 'a=b', 'a=b'],
    ['a comma', 'a,b', '"a,b"'],
    ['quotes', 'a "b"', '"a ""b"""'],
    ['a line end', 'a\nb', '"a\nb"'],
    ['a blank in front', ' a', '" a"'],
    ['nothing', '', ''],
    ['a negative number', -12.5, '-12.5'],
    ['a small number', 1e-7, '1e-7'],
    ['no number', Number.NaN, ''],
    ['a boolean', false, 'false'],
    ['the unknown', null, ''],
  ])('writes %s', (_name, cell, text) => {
    expect(csvLine([cell, 1])).toBe(`${text},1\r\n`)
  })

  it('is read back as what it was, but for the guard', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: anyCharacter }), { minLength: 2, maxLength: 5 }),
        (cells) => {
          const table = parseCsv(`x\r\n${csvLine(cells)}`, { rowsMax: 10, columnsMax: 10 })
          expect(table.ok && table.rows[1]).toEqual(
            cells.map((cell) => (/^[=+\-@\t\r＝＋－＠]/.test(cell) ? `'${cell}` : cell)),
          )
        },
      ),
    )
  })
})
