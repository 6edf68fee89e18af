// Laws of the reading side's small parts: names within statements, and slices of long spans.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  anyOf,
  identifier,
  isQuotable,
  literal,
  moment,
  source,
  storable,
} from '../../../src/store/influx/influxql-text.ts'
import { readInSlices } from '../../../src/store/influx/slices.ts'

/**
 * What InfluxQL's scanner makes of quoted text: an independent reading of its rules. Null where it would stop before the end, or not at
 * all.
 */
function scanned(quoted: string): string | null {
  const quote = quoted[0]
  let text = ''
  for (let at = 1; at < quoted.length; at++) {
    const character = quoted[at] ?? ''
    if (character === quote) return at === quoted.length - 1 ? text : null
    if (character === '\n' || character === '\r' || character === '\0') return null
    if (character !== '\\') {
      text += character
      continue
    }
    const next = quoted[++at] ?? ''
    const meant = { n: '\n', '\\': '\\', '"': '"', "'": "'" }[next]
    if (meant === undefined) return null
    text += meant
  }
  return null
}

const hostile = [
  `'"; -- \${} \n ,= 中`,
  `x' OR 'a' = 'a`,
  'a\\',
  '\\\\',
  "\\'",
  '\\"',
  '\\n',
  '"; DROP DATABASE "iot',
  '$d',
  '/* */',
  '\t\u0001\u007f\u2028',
  '😀',
]
const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: fc.constantFrom('\\', '"', "'", '\n', ' ', ';', 'n', '中'), minLength: 1 }),
  fc.constantFrom(...hostile),
)

describe('names in InfluxQL', () => {
  it('come out as they went in, or are refused', () => {
    fc.assert(
      fc.property(name, (text) => {
        for (const quoted of [identifier, literal])
          if (isQuotable(text)) expect(scanned(quoted(text))).toBe(text)
          else expect(() => quoted(text)).toThrow(RangeError)
      }),
    )
  })

  it('are refused when no statement can carry them', () => {
    for (const text of ['', 'a\0b', 'a\rb', '\uD800', 'x\uDC00y']) {
      expect(isQuotable(text)).toBe(false)
      expect(() => literal(text)).toThrow(/lone surrogates/)
      expect(() => identifier(text)).toThrow(RangeError)
    }
  })

  it('stand in their places', () => {
    expect(source({ db: 'i"t', rp: 'r1m', measurement: 'a-b_1m' })).toBe(
      String.raw`"i\"t"."r1m"."a-b_1m"`,
    )
    expect(anyOf('device', ["a'b", 'c'])).toBe(String.raw`("device" = 'a\'b' OR "device" = 'c')`)
  })

  it('hold times in whole milliseconds within the reach of nanoseconds', () => {
    expect(moment(-5)).toBe('-5ms')
    for (const ms of [Number.NaN, 0.5, 2 ** 60, Number.POSITIVE_INFINITY])
      expect(() => moment(ms)).toThrow(RangeError)
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.integer(), (ms, ts) => {
        expect(Math.abs(storable(ms)) * 1e6).toBeLessThan(2 ** 63)
        // A reading lies before the one exactly when it lies before the other.
        expect(ts < ms).toBe(ts < storable(ms))
      }),
    )
  })
})

describe('slices of a span', () => {
  it('cover it once, in order, whatever the rows do', async () => {
    const batches = [0, 1, 700, 60_000, 200_000].map((length) => Array.from({ length }, () => 0))
    const ms = fc.integer({ min: 1, max: 300_000 })
    const lengths = fc.array(fc.nat({ max: batches.length - 1 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(ms, ms, ms, lengths, async (from, length, firstMs, counts) => {
        const to = from + length
        const asked: [number, number][] = []
        async function* read(start: number, end: number) {
          asked.push([start, end])
          yield batches[counts[asked.length % counts.length] ?? 0] ?? []
        }
        let total = 0
        for await (const rows of readInSlices({ from, to, firstMs }, read)) total += rows.length
        expect(total).toBeGreaterThanOrEqual(0)
        expect(asked[0]?.[0]).toBe(from)
        expect(asked.at(-1)?.[1]).toBe(to)
        for (const [index, [start, end]] of asked.entries())
          if (start >= end || start !== (asked[index - 1]?.[1] ?? from))
            expect.unreachable(`Asked for [${start}, ${end}) after ${String(asked[index - 1])}`)
      }),
    )
  })

  it('hold some fifty thousand rows each once it is known how they lie', async () => {
    const counts: number[] = []
    // 300 rows a second.
    async function* read(start: number, end: number) {
      const rows = Math.floor(((end - start) * 300) / 1000)
      counts.push(rows)
      for (let left = rows; left > 0; left -= 5_000)
        yield Array.from({ length: Math.min(left, 5_000) }, () => 0)
    }
    let total = 0
    const span = { from: 0, to: 3_600_000, firstMs: 10 }
    for await (const rows of readInSlices(span, read)) total += rows.length
    expect(total).toBeGreaterThan(1_079_000)
    expect(Math.max(...counts)).toBeLessThanOrEqual(50_000)
    expect(counts.slice(4, -1).every((rows) => rows > 45_000)).toBe(true)
  })

  it('pass over years of nothing in few steps', async () => {
    let steps = 0
    // oxlint-disable-next-line require-yield
    async function* read(): AsyncGenerator<readonly number[]> {
      steps++
    }
    for await (const rows of readInSlices({ from: 0, to: 2e12, firstMs: 60_000 }, read))
      expect(rows).toEqual([])
    expect(steps).toBeLessThan(12)
  })
})
