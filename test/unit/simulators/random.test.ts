// The seeded generator: repeatable, independent by name, and decently spread.

import { assert, nat, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noiseAt, smoothNoiseAt, stream } from '../../../simulators/random.ts'

const draw = (seed: string, name: string, count = 20): number[] => {
  const random = stream(seed, name)
  return Array.from({ length: count }, () => random.next())
}

describe('stream()', () => {
  it('repeats itself for the same names', () => {
    assert(
      property(string(), string(), (seed, name) => {
        expect(draw(seed, name)).toEqual(draw(seed, name))
      }),
    )
  })

  it('differs by seed and by name', () => {
    expect(draw('1', 'a')).not.toEqual(draw('2', 'a'))
    expect(draw('1', 'a')).not.toEqual(draw('1', 'b'))
  })

  it('spreads evenly over [0, 1)', () => {
    const values = draw('7', 'spread', 20_000)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = values.filter((value) => Math.floor(value * 10) === tenth).length
      expect(count).toBeGreaterThan(1_850)
      expect(count).toBeLessThan(2_150)
    }
  })

  it('reaches both ends of an integer range, and refuses to pick from nothing', () => {
    const random = stream('7', 'integers')
    const seen = new Set(Array.from({ length: 200 }, () => random.integer(1, 3)))
    expect([...seen].sort((a, b) => a - b)).toEqual([1, 2, 3])
    expect(() => random.pick([])).toThrow(RangeError)
  })
})

describe('noiseAt()', () => {
  it('is a pure function within [-1, 1]', () => {
    assert(
      property(string(), string(), nat(2 ** 31 - 1), (seed, device, at) => {
        const value = noiseAt(seed, device, 'power', at * 1000)
        expect(value).toBe(noiseAt(seed, device, 'power', at * 1000))
        expect(Math.abs(value)).toBeLessThanOrEqual(1)
        expect(
          Math.abs(smoothNoiseAt(seed, device, 'power', at * 1000, 60_000)),
        ).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('has no jump in its smooth form', () => {
    const steps = Array.from({ length: 600 }, (_, second) =>
      smoothNoiseAt('7', 'd', 'x', second * 1000, 60_000),
    )
    for (const [index, value] of steps.entries())
      if (index > 0) expect(Math.abs(value - (steps[index - 1] ?? value))).toBeLessThan(0.06)
  })
})
