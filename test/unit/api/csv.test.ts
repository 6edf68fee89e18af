import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCsv } from '../../../src/api/csv.ts'

/** Any character there is. Fast-check's own unit for that takes most of a second to set up. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10_ff_ff - 0x8_00 })
  .map((code) => String.fromCodePoint(code < 0xd8_00 ? code : code + 0x8_00))

const limits = { rowsMax: 1000, columnsMax: 20 }

describe('parseCsv()', () => {
  it.each([
    ['', []],
    ['a,b', [['a', 'b']]],
    ['a,b\n', [['a', 'b']]],
    [
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      '\uFEFFid,name\n1,灯',
      [
        ['id', 'name'],
        ['1', '灯'],
      ],
    ],
    ['"a","b"', [['a', 'b']]],
    ['"a,b","c""d"', [['a,b', 'c"d']]],
    ['"line\r\nbreak",x', [['line\r\nbreak', 'x']]],
    [
      'a,\n,b',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['a,', [['a', '']]],
    [',', [['', '']]],
    ['"",""', [['', '']]],
    [' a , b ', [[' a ', ' b ']]],
    ['a\n\n\r\nb\n', [['a'], ['b']]],
  ])('reads %j', (text, rows) => {
    expect(parseCsv(text, limits)).toEqual({ ok: true, rows })
  })

  it.each([
    ['"a', 0, 'closing quote'],
    ['x\n"a"b', 1, 'after the closing quote'],
    ['x\ny\n"a\nb\nc', 2, 'the quote that opens column 1 of row 2'],
    ['x\n1,"a\nb",c\n"d"', 1, 'at most 2 columns'],
    ['x\n1,"a\nb\n"c"', 1, 'the quote that opens column 2 of row 1'],
    ['a,"b', 0, 'the quote that opens column 2 of the first line'],
    ['a"b', 0, 'begin with one'],
    ['a\rb', 0, 'line feed'],
    ['1,2,3', 0, 'at most 2 columns'],
    ['1\n2\n3\n4', 4, 'at most 3 lines'],
  ])('refuses %j in row %i', (text, row, reason) => {
    const result = parseCsv(text, { rowsMax: 3, columnsMax: 2 })
    expect(result).toMatchObject({ ok: false, row, reason: expect.stringContaining(reason) })
  })

  it('reads back whatever was written with quotes', () => {
    const cell = fc.string({ unit: anyCharacter, maxLength: 6 })
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { maxLength: 5 })
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, end) => {
        const text = rows
          .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
          .join(end)
        expect(parseCsv(text, limits)).toEqual({ ok: true, rows })
      }),
    )
  })

  it('never throws, and ends, on any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '\uFEFF') }),
        (text) => {
          expect(typeof parseCsv(text, limits).ok).toBe('boolean')
        },
      ),
    )
  })
})
