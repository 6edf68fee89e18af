import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Summary } from '../../../src/core/telemetry/summary.ts'
import { summaryOf } from '../../../src/core/telemetry/summary.ts'
import {
  NUMBER_BYTES_MAX,
  putNumber,
  putWhole,
  takeNumber,
  takeWhole,
} from '../../../src/store/embedded/compact-number.ts'
import {
  blobBytesMax,
  putSummaries,
  takeSummaries,
  type MetricMark,
} from '../../../src/store/embedded/summary-blob.ts'

const odd = [0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 1.7e308, 2 ** 53, -(2 ** 53)]
const edges = [2 ** 27 - 1, 2 ** 27, -(2 ** 27) + 1, 0.1 + 0.2, 229.8, -229.8, 1e-5, 1e-6, 4.35]
const number = fc.oneof(
  fc.double(),
  fc.constantFrom(...odd, ...edges),
  fc.integer(),
  fc
    .tuple(fc.integer({ min: -200_000_000, max: 200_000_000 }), fc.integer({ min: 0, max: 6 }))
    .map(([whole, digits]) => whole / 10 ** digits),
)

describe('compact numbers', () => {
  it('come back to the last bit, one after the other', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 20 }), (values) => {
        const cursor = { bytes: new Uint8Array(values.length * NUMBER_BYTES_MAX), at: 0 }
        for (const value of values) putNumber(cursor, value)
        const end = cursor.at
        cursor.at = 0
        // `toEqual` tells -0 from 0 and takes NaN for NaN.
        expect(values.map(() => takeNumber(cursor))).toEqual(values)
        expect(cursor.at).toBe(end)
      }),
      { numRuns: 300 },
    )
  })

  it('keep whole numbers up to 31 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (value) => {
        const cursor = { bytes: new Uint8Array(5), at: 0 }
        putWhole(cursor, value)
        cursor.at = 0
        expect(takeWhole(cursor)).toBe(value)
      }),
    )
  })

  it.each([
    [0, 1],
    [7, 1],
    [21.5, 2],
    [229.8, 3],
    [-229.8, 3],
    [123_456.78, 4],
    [0.1 + 0.2, 9],
    [-0, 9],
  ])('tell %d in %d bytes', (value, bytes) => {
    const cursor = { bytes: new Uint8Array(NUMBER_BYTES_MAX), at: 0 }
    putNumber(cursor, value)
    expect(cursor.at).toBe(bytes)
  })
})

const several = fc.record({
  count: fc.integer({ min: 1, max: 2 ** 40 }),
  min: number,
  max: number,
  sum: number,
  first: number,
  last: number,
  gained: number,
})
const summary: fc.Arbitrary<Summary | null> = fc.oneof(
  { weight: 3, arbitrary: several },
  { weight: 3, arbitrary: number.map(summaryOf) },
  // Nearly a single value.
  {
    weight: 2,
    arbitrary: fc
      .tuple(several, number)
      .map(([one, value]) => ({ ...summaryOf(value), gained: one.gained })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(several, number)
      .map(([one, value]) => ({ ...summaryOf(value), sum: one.sum })),
  },
  { weight: 3, arbitrary: fc.constant(null) },
)
const window = fc.array(fc.record({ summary, isCounter: fc.boolean(), isWanted: fc.boolean() }), {
  maxLength: 12,
})

function encode(summaries: readonly (Summary | null)[], marks: readonly MetricMark[]): Uint8Array {
  const cursor = { bytes: new Uint8Array(blobBytesMax(marks.length)), at: 0 }
  putSummaries(cursor, summaries, marks)
  return cursor.bytes.subarray(0, cursor.at)
}

describe('summaries as bytes', () => {
  it('come back as they were, those asked for; first and gained for counters', () => {
    fc.assert(
      fc.property(window, fc.boolean(), (metrics, isReversed) => {
        const last = metrics.length - 1
        // Metrics are numbered as they came to be, not in the order of the type.
        const marks = metrics.map(({ isCounter }, index) => ({
          number: isReversed ? last - index : index,
          isCounter,
        }))
        const bytes = encode(
          metrics.map((one) => one.summary),
          marks,
        )
        const places: number[] = []
        const wanted = metrics.flatMap((one, index) => (one.isWanted ? [{ ...one, index }] : []))
        for (const [place, { index }] of wanted.entries()) places[marks[index]?.number ?? 0] = place
        expect(takeSummaries(bytes, places, wanted.length)).toEqual(
          wanted.map(({ summary: one, isCounter }) =>
            one === null || isCounter ? one : { ...one, first: Number.NaN, gained: 0 },
          ),
        )
      }),
      { numRuns: 400 },
    )
  })

  it('of one value take little more than the value', () => {
    const marks = [
      { number: 0, isCounter: false },
      { number: 1, isCounter: true },
    ]
    expect(encode([summaryOf(229.8), null], marks)).toHaveLength(4)
    expect(encode([null, summaryOf(12_345.6)], marks)).toHaveLength(4)
    expect(encode([null, null], marks)).toHaveLength(0)
  })

  it('are read as what they were written as when a metric becomes a counter', () => {
    const one = { count: 2, min: 1, max: 2, sum: 3, first: 1, last: 2, gained: 1 }
    const places = [0]
    expect(takeSummaries(encode([one], [{ number: 0, isCounter: true }]), places, 1)).toEqual([one])
    expect(takeSummaries(encode([one], [{ number: 0, isCounter: false }]), places, 1)).toEqual([
      { ...one, first: Number.NaN, gained: 0 },
    ])
  })

  it('that are cut off or none of ours throw, and never run on', () => {
    const whole = encode(
      [{ count: 3, min: 0.1, max: 0.1 + 0.2, sum: 1e9, first: 1, last: 1, gained: 0 }],
      [{ number: 0, isCounter: true }],
    )
    for (let length = 1; length < whole.length; length++)
      expect(() => takeSummaries(whole.subarray(0, length), [0], 1)).toThrow(RangeError)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          expect(takeSummaries(bytes, [0, 1], 2)).toHaveLength(2)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })
})
