import { describe, expect, it } from 'vitest'
import { epochTime, isoTime } from '../../../src/decoders/device-time.ts'

const at = Date.UTC(2026, 10, 1, 14, 30)

describe('epochTime()', () => {
  it.each<[unknown, number | null]>([
    [at, at],
    [at / 1000, at],
    [at + 0.4, at],
    [String(at), at],
    [String(at / 1000), at],
    [undefined, null],
    [null, null],
    ['', null],
    [0, null],
  ])('%s', (value, expected) => {
    expect(epochTime('time', value)).toBe(expected)
  })

  it.each([-1, 12_345, at * 1000, 'soon', '12', true, {}, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %s by the name of its field',
    (value) => {
      expect(epochTime('a.time', value)).toMatchObject({
        code: 'bad_timestamp',
        detail: expect.stringMatching(/^a\.time: expected epoch milliseconds/) as string,
      })
    },
  )
})

describe('isoTime()', () => {
  it.each<[unknown, number | null]>([
    ['2026-11-01T14:30:00.000999999Z', at],
    ['2026-11-01T14:30:00+00:00', at],
    ['2026-11-01T22:30:00+08:00', at],
    [at, at],
    [undefined, null],
    ['', null],
  ])('%s', (value, expected) => {
    expect(isoTime('time', value)).toBe(expected)
  })

  it.each(['2026-11-01T14:30:00', '2026-11-31T14:30:00Z', 'now', true, {}])(
    'refuses %s by the name of its field',
    (value) => {
      expect(isoTime('time', value)).toMatchObject({
        code: 'bad_timestamp',
        detail: expect.stringMatching(/^time: expected/) as string,
      })
    },
  )
})
