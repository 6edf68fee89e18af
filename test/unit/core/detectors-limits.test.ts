// Limits that are not just numbers, editions of a standard, and seasons: what a rule is at a place and on a day.

import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../src/core/engine.ts'
import { standardAt } from '../../../src/core/detectors/editions.ts'
import { createLocalTime } from '../../../src/core/time/local-time.ts'
import type { Condition, Limit, Rule } from '../../../src/core/rule.ts'
import { createRig, deviceOf } from './harness.ts'
import type { Rig } from './harness.ts'
import { START, above, base, below, changes, play, rigFor, typeWith } from './tank.ts'

const localTime = createLocalTime('Asia/Shanghai')

function aboveLimit(limit: Limit): Condition {
  return { kind: 'above', of: { metric: 'level' }, limit }
}

function snapshotOf(rig: Rig): ReturnType<Rig['engine']['snapshot']> {
  return JSON.parse(JSON.stringify(rig.engine.snapshot())) as ReturnType<Rig['engine']['snapshot']>
}

describe('limit', () => {
  it.each<[string, string, Partial<Rule>, string]>([
    [
      'orEqual counts the limit itself',
      '9 10',
      { when: { ...above(10), orEqual: true } as Condition },
      '+60',
    ],
    ['orEqual below', '6 5', { when: { ...below(5), orEqual: true } as Condition }, '+60'],
    [
      'orEqual is over just beyond',
      '10 9.9',
      { when: { ...above(10), orEqual: true } as Condition },
      '+0 -60',
    ],
    [
      'orEqual with a deadband is over at its end',
      '10 8.1 8',
      { when: { ...above(10), orEqual: true } as Condition, clear: { ...base.clear, deadband: 2 } },
      '+0 -120',
    ],
    [
      'rated and a constant',
      '30 30.1',
      { when: aboveLimit({ rated: 'level', factor: 0.5, plus: 5, fallback: 1 }) },
      '+60',
    ],
    [
      'rated without crumbs',
      '5.0 5.1',
      { when: aboveLimit({ rated: 'level', factor: 0.1, plus: 0.1, fallback: 1 }) },
      '',
    ],
  ])('%s', (_, line, over, expected) => {
    expect(play(line, 'level', rigFor(over))).toBe(expected)
  })

  const curve: Limit = {
    over: 'inflow',
    points: [
      [-20, 80],
      [0, 50],
      [10, 40],
    ],
    plus: -5,
  }

  it.each<[string, number, number]>([
    ['flat before its first point', -30, 75],
    ['at a point', 0, 45],
    ['straight between points', -10, 60],
    ['straight in the next piece', 5, 40],
    ['flat after its last point', 30, 35],
  ])('curve is %s', (_, inflow, limit) => {
    const rig = rigFor({ when: aboveLimit(curve) })
    rig.send('T-1', { m: { inflow, level: limit } })
    expect(rig.alerts()).toEqual([])
    rig.now += 60_000
    rig.send('T-1', { m: { level: limit + 0.1 } })
    expect(rig.alerts()[0]).toMatchObject({ value: limit + 0.1, limit })
  })

  it('curve is not known before its metric has been said', () => {
    const rig = rigFor({ when: aboveLimit(curve) })
    expect(play('1000 1000', 'level', rig)).toBe('')
    rig.now += 60_000
    rig.send('T-1', { m: { inflow: 0, level: 1000 } })
    expect(rig.alerts()).toHaveLength(1)
  })
})

describe('rule without its rated value', () => {
  const quota = aboveLimit({ rated: 'quota', factor: 1, fallback: null })
  const withQuota = (rig: Rig, rated: Record<string, number>): void => {
    rig.now += 1000
    expect(rig.command({ kind: 'device.update', id: 'T-1', patch: { rated } }).ok).toBe(true)
  }

  it('is not for the device', () => {
    expect(play('1000 1000', 'level', rigFor({ when: quota }))).toBe('')
    const all: Condition = { kind: 'all', of: [above(10), quota] }
    expect(play('1000 1000', 'level', rigFor({ when: all }))).toBe('')
  })

  it('leaves the other parts to decide', () => {
    const any: Condition = { kind: 'any', of: [quota, above(10)] }
    expect(play('11 9', 'level', rigFor({ when: any }))).toBe('+0 -60')
  })

  it('applies as soon as the registry says it, and is over as soon as it does not', () => {
    const rig = rigFor({ when: quota })
    rig.send('T-1', { m: { level: 20 } })
    withQuota(rig, { quota: 10 })
    rig.now += 59_000
    rig.send('T-1', { m: { level: 20 } })
    expect(rig.alerts()).toMatchObject([{ state: 'unack_active', limit: 10 }])
    withQuota(rig, {})
    expect(rig.alerts()).toMatchObject([{ state: 'rtn_unack' }])
  })

  it('knows by then what has grown before', () => {
    const rig = rigFor({
      when: {
        kind: 'above',
        of: { since: 'year', counter: 'total' },
        limit: { rated: 'quota', factor: 1, fallback: null },
      },
    })
    play('100 104', 'total', rig)
    withQuota(rig, { quota: 5 })
    rig.now += 59_000
    rig.send('T-1', { m: { total: 106 } })
    expect(rig.alerts()).toMatchObject([{ value: 6, limit: 5 }])
  })

  it('ends a delay that a held value has begun', () => {
    const rig = rigFor({
      when: {
        kind: 'above',
        of: { metric: 'tilt' },
        limit: { rated: 'tilt', factor: 1, fallback: null },
      },
      confirm: { samples: 1, of: 1, seconds: 600 },
    })
    withQuota(rig, { tilt: 5 })
    rig.send('T-1', { m: { tilt: 6 } })
    withQuota(rig, {})
    rig.to(rig.now + 3_600_000)
    expect(rig.alerts()).toEqual([])
  })
})

describe('edition', () => {
  const newYear = Date.parse('2026-01-01T00:00:00+08:00')
  const rule: Rule = {
    ...base,
    standard: { ref: 'GB 1-2011', status: 'unverified' },
    editions: [
      { from: '2026-01-01', standard: { ref: 'GB 1-2025', status: 'verified' }, when: above(5) },
      { from: '2027-01-01', standard: { ref: 'GB 1-2026', status: 'proposal' } },
    ],
  }

  it.each<[string, number, string]>([
    ['before', newYear - 1, 'GB 1-2011'],
    ['from its local day on', newYear, 'GB 1-2025'],
    ['until the next', Date.parse('2026-12-31T23:59:59+08:00'), 'GB 1-2025'],
    ['the last', Date.parse('2030-01-01T00:00:00+08:00'), 'GB 1-2026'],
  ])('standardAt() tells the one in force %s', (_, at, ref) => {
    expect(standardAt(rule, at, localTime).ref).toBe(ref)
  })

  it('changes limit and standard at local midnight', () => {
    const start = newYear - 120_000
    const rig = rigFor(rule, start)
    expect(play('7 7 7 4', 'level', rig)).toBe('+120 -180')
    expect(rig.alerts()[0]).toMatchObject({
      limit: 5,
      because: { params: { standard: 'GB 1-2025' } },
    })
  })

  it('goes by the time of the sample', () => {
    const rig = rigFor(rule, newYear + 60_000)
    rig.send('T-1', { ts: newYear - 1000, m: { level: 7 } })
    expect(rig.alerts()).toEqual([])
  })

  it('keeps the condition when it names none, and names no standard of our own', () => {
    const rig = rigFor(rule, Date.parse('2027-03-01T00:00:00+08:00'))
    rig.send('T-1', { m: { level: 7 } })
    expect(rig.alerts()[0]?.limit).toBe(5)
    expect(rig.alerts()[0]?.because.params).not.toHaveProperty('standard')
  })

  it('finds its means full on its first day', () => {
    const mean = (limit: number): Condition => ({
      kind: 'above',
      of: { mean: 'level', seconds: 600 },
      limit,
    })
    const start = newYear - 9 * 60_000
    const rig = rigFor(
      {
        when: { kind: 'above', of: { mean: 'inflow', seconds: 600 }, limit: 100 },
        editions: [{ from: '2026-01-01', standard: base.standard, when: mean(10) }],
      },
      start,
    )
    expect(play('20 20 20 20 20 20 20 20 20 20', 'level', rig)).toBe('+540')
  })
})

describe('season', () => {
  const during = { kind: 'season', from: '10-15', to: '04-15' } as const

  it.each<[string, string, boolean]>([
    ['the day before', '2026-10-14T23:59:00+08:00', false],
    ['the first minute', '2026-10-15T00:00:00+08:00', true],
    ['New Year', '2027-01-01T00:00:00+08:00', true],
    ['the last minute', '2027-04-15T23:59:00+08:00', true],
    ['the day after', '2027-04-16T00:00:00+08:00', false],
    ['summer', '2026-07-15T12:00:00+08:00', false],
  ])('across New Year holds %s or not', (_, at, isInside) => {
    const rig = rigFor({ during }, Date.parse(at))
    rig.send('T-1', { m: { level: 11 } })
    expect(rig.alerts()).toHaveLength(isInside ? 1 : 0)
  })

  it.each<[string, string, string, string, boolean]>([
    ['within a year', '05-01', '09-30', '2026-09-30T23:00:00+08:00', true],
    ['within a year, after', '05-01', '09-30', '2026-10-01T00:00:00+08:00', false],
    ['of one day', '06-01', '06-01', '2026-06-01T12:00:00+08:00', true],
    ['that ends with February', '11-01', '02-29', '2027-02-28T23:59:00+08:00', true],
    ['that ended with February', '11-01', '02-29', '2027-03-01T00:00:00+08:00', false],
    ['that ends with a long February', '11-01', '02-29', '2028-02-29T12:00:00+08:00', true],
  ])('%s', (_, from, to, at, isInside) => {
    const rig = rigFor({ during: { kind: 'season', from, to } }, Date.parse(at))
    rig.send('T-1', { m: { level: 11 } })
    expect(rig.alerts()).toHaveLength(isInside ? 1 : 0)
  })

  it('begins and ends at local midnight, by the clock', () => {
    const start = Date.parse('2026-10-14T23:58:00+08:00')
    const rig = rigFor({ during, clear: { deadband: 0, samples: 1, seconds: 0 } }, start)
    expect(play('11 11 11 9', 'level', rig)).toBe('+120 -180')
    const spring = Date.parse('2027-04-15T23:58:00+08:00')
    rig.now = spring
    rig.send('T-1', { m: { level: 11 } })
    rig.to(spring + 3_600_000)
    expect(changes(rig, spring).split(' ').at(-1)).toBe('-120')
  })
})

describe('createEngine()', () => {
  it.each<[string, Partial<Rule>, RegExp]>([
    [
      'a curve that goes back',
      {
        when: aboveLimit({
          over: 'inflow',
          points: [
            [1, 1],
            [0, 2],
          ],
        }),
      },
      /growing/,
    ],
    ['a curve without points', { when: aboveLimit({ over: 'inflow', points: [] }) }, /points/],
    ['a curve over nothing', { when: aboveLimit({ over: 'wind', points: [[0, 1]] }) }, /"wind"/],
    [
      'a day that does not exist',
      { during: { kind: 'season', from: '02-30', to: '04-15' } },
      /02-30/,
    ],
    [
      'an edition of no day',
      { editions: [{ from: '2026-02-30', standard: base.standard }] },
      /2026-02-30/,
    ],
    [
      'editions out of order',
      {
        editions: [
          { from: '2027-01-01', standard: base.standard },
          { from: '2026-01-01', standard: base.standard },
        ],
      },
      /order/,
    ],
    [
      'a clock among others',
      { when: { kind: 'all', of: [{ kind: 'skewed', seconds: 9 }] } },
      /clock/,
    ],
    [
      'editions of a silence',
      {
        when: { kind: 'silent', intervals: 3 },
        editions: [{ from: '2027-01-01', standard: base.standard }],
      },
      /no editions/,
    ],
  ])('refuses a rule with %s', (_, over, message) => {
    const make = (): unknown => createEngine({ types: [typeWith(over)], timeZone: 'Asia/Shanghai' })
    expect(make).toThrow(message)
  })

  it('does not take what one operand remembers for another', () => {
    const rule = (seconds: number): Partial<Rule> => ({
      when: { kind: 'above', of: { change: 'level', seconds }, limit: 5 },
    })
    const rig = rigFor(rule(300))
    rig.send('T-1', { m: { level: 1 } })
    const next = (seconds: number): Rig =>
      createRig({
        types: [typeWith(rule(seconds))],
        snapshot: snapshotOf(rig),
        start: START + 60_000,
      })
    const [same, other] = [next(300), next(900)]
    for (const one of [same, other]) one.send('T-1', { m: { level: 9 } })
    expect(same.alerts()).toHaveLength(1)
    expect(other.alerts()).toEqual([])
  })

  it('opens a device whose snapshot knows no clock and no memories', () => {
    const rig = rigFor({}, START, deviceOf({ id: 'T-1', type: 'tank' }))
    const snapshot = snapshotOf(rig)
    expect(snapshot.devices[0]).not.toHaveProperty('clock')
    const next = createRig({ types: [typeWith({})], snapshot, start: START })
    expect(next.engine.latest('T-1')).toBeUndefined()
    next.send('T-1', { m: { level: 11 } })
    expect(next.engine.latest('T-1')?.clock).toBeNull()
  })
})
