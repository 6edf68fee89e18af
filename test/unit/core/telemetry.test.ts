import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterStep } from '../../../src/core/telemetry/counter.ts'
import { joinSummaries, summaryOf, type Summary } from '../../../src/core/telemetry/summary.ts'

/** Quarters add up exactly, so any grouping gives the same to the bit. */
const values = fc.array(
  fc.integer({ min: -400_000, max: 400_000 }).map((n) => n / 4),
  { minLength: 1, maxLength: 12 },
)
const registers = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 99_900, max: 99_999 })),
  { minLength: 1, maxLength: 12 },
)

const summaryOfAll = (all: readonly number[]): Summary =>
  all.map(summaryOf).reduce((before, after) => joinSummaries(before, after))

describe('joinSummaries()', () => {
  it('gives what a look at every value gives', () => {
    fc.assert(
      fc.property(fc.oneof(values, registers), (all) => {
        const summary = summaryOfAll(all)
        expect(summary).toEqual({
          count: all.length,
          min: Math.min(...all),
          max: Math.max(...all),
          sum: all.reduce((sum, value) => sum + value, 0),
          first: all[0],
          last: all.at(-1),
          gained: all
            .slice(1)
            .reduce((sum, value, at) => sum + counterStep(all[at] ?? Number.NaN, value), 0),
        })
      }),
    )
  })

  it('is associative', () => {
    const some = fc.oneof(values, registers).map(summaryOfAll)
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        expect(joinSummaries(joinSummaries(a, b), c)).toEqual(joinSummaries(a, joinSummaries(b, c)))
      }),
    )
  })

  it('joins windows that do not keep the first value', () => {
    const unknown = { ...summaryOf(5), first: Number.NaN }
    expect(joinSummaries(unknown, unknown)).toEqual({
      count: 2,
      min: 5,
      max: 5,
      sum: 10,
      first: Number.NaN,
      last: 5,
      gained: 0,
    })
  })
})

describe('counterStep()', () => {
  it.each([
    { what: 'growth', before: 10, after: 12.5, step: 2.5 },
    { what: 'standing still', before: 10, after: 10, step: 0 },
    { what: 'a register of five digits that rolls over', before: 99_998, after: 3, step: 5 },
    { what: 'a register that rolls over to zero', before: 999, after: 0, step: 1 },
    { what: 'the last tenth of the register', before: 9_000, after: 1_000, step: 2_000 },
    { what: 'a fall from before the last tenth', before: 8_999, after: 0, step: 0 },
    { what: 'a fall to beyond the first tenth', before: 9_999, after: 1_001, step: 0 },
    { what: 'a meter replaced in mid-life', before: 45_213, after: 12, step: 0 },
    { what: 'registers too short to tell', before: 99, after: 1, step: 0 },
    { what: 'a fall below zero', before: -1, after: -5, step: 0 },
    { what: 'a value nobody knows', before: Number.NaN, after: 5, step: 0 },
    { what: 'values without end', before: Number.POSITIVE_INFINITY, after: 5, step: 0 },
  ])('counts $what', ({ before, after, step }) => {
    expect(counterStep(before, after)).toBe(step)
  })

  it('is never negative, and never more than a whole register', () => {
    const value = fc.double({ min: 0, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(value, value, (before, after) => {
        const step = counterStep(before, after)
        expect(step).toBeGreaterThanOrEqual(0)
        expect(step).toBeLessThanOrEqual(Math.max(after, before * 10))
      }),
    )
  })
})
