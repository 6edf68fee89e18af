import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReadingGroups } from '../../../src/decoders/reading-groups.ts'
import type { Point } from '../../../src/decoders/reading-groups.ts'

const T = 1_793_577_600_000

function gather(points: readonly Point[], device: string | null = null) {
  const groups = createReadingGroups()
  for (const point of points) groups.add(point)
  const decoded = groups.decoded({ device })
  if (decoded.kind === 'refused') throw new Error(decoded.refusal.detail)
  return decoded
}

describe('createReadingGroups()', () => {
  it('keeps the last value of each device, time and name, and nothing else', () => {
    const points = fc.array(
      fc.record({
        device: fc.constantFrom('a', 'b', 'c'),
        ts: fc.constantFrom(null, T, T + 1, T - 60_000),
        name: fc.constantFrom('x', 'y', '7'),
        value: fc.integer(),
      }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(points, (all) => {
        const expected = new Map(
          all.map(({ device, ts, name, value }) => [`${device} ${ts} ${name}`, value]),
        )
        const { device, readings } = gather(all)
        const found = readings.flatMap((reading) =>
          Object.entries(reading.metrics).map(
            ([name, value]) =>
              [`${reading.device ?? device} ${reading.ts} ${name}`, value] as const,
          ),
        )
        expect(found).toHaveLength(expected.size)
        expect(new Map(found)).toEqual(expected)
      }),
    )
  })

  it('puts the times of a device in order, the unknown one last, and marks several as kept back', () => {
    const point = (device: string, ts: number | null) => ({ device, ts, name: 'x', value: 1 })
    const { readings } = gather([
      point('b', T + 1),
      point('a', T),
      point('b', null),
      point('b', T - 1),
      point('a', null),
    ])
    expect(readings.map(({ device, ts, isBacklog }) => [device, ts, isBacklog ?? false])).toEqual([
      ['b', T - 1, true],
      ['b', T + 1, true],
      ['b', null, true],
      ['a', T, false],
      ['a', null, false],
    ])
  })

  it('speaks of the message’s own device without naming it again', () => {
    const { device, readings } = gather(
      [
        { device: 'gw', ts: T, name: 'x', value: 1 },
        { device: 'sub', ts: T, name: 'x', value: 2 },
      ],
      'gw',
    )
    expect(device).toBe('gw')
    expect(readings.map((reading) => reading.device)).toEqual([undefined, 'sub'])
  })

  it('refuses a reading of 201 metrics and keeps the others', () => {
    const crowd = Array.from({ length: 201 }, (_, n) => ({
      device: 'a',
      ts: T,
      name: `m${n}`,
      value: n,
    }))
    const decoded = gather([...crowd, { device: 'b', ts: T, name: 'x', value: 1 }])
    expect(decoded.readings).toMatchObject([{ device: 'b' }])
    expect(decoded.refused).toMatchObject([{ code: 'wrong_shape', device: 'a' }])
  })
})
