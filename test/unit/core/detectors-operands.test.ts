// What rules can compare, one time line per row: changes, steps, growth, starts, stillness, and several metrics at once.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENTRIES_MAX } from '../../../src/core/detectors/memory.ts'
import type { Condition, Operand, Rule } from '../../../src/core/rule.ts'
import { deviceOf } from './harness.ts'
import { changes, play, rigFor } from './tank.ts'

function over(of: Operand, limit: number): Condition {
  return { kind: 'above', of, limit }
}

function under(of: Operand, limit: number): Condition {
  return { kind: 'below', of, limit }
}

const change: Operand = { change: 'level', seconds: 300 }
const growth: Operand = { change: 'total', seconds: 300 }
const tilted: Operand = { change: 'tilt', seconds: 300 }
const peak: Operand = { highest: 'level', seconds: 300 }

describe('operand of one metric over time', () => {
  it.each<[string, string, string, Condition, string]>([
    ['change sees a rise', 'level', '1 1 1 6.5', over(change, 5), '+180'],
    ['change is exact at its limit', 'level', '0.4 0.4 0.35', under(change, -0.05), ''],
    ['change sees a fall', 'level', '0.4 0.4 0.34', under(change, -0.05), '+120'],
    ['change says nothing of the first sample', 'level', '100', over(change, 5), ''],
    ['change forgets what is older', 'level', '1 3 5 7 9 11 13 15', over(change, 10.5), ''],
    ['change reaches back to the window', 'level', '1 3 5 7 9 11', over(change, 9.5), '+300'],
    ['change says nothing after a hole', 'level', '1 . . . . . . 9', over(change, 5), ''],
    ['change of a counter is growth', 'total', '900 901 903 907', over(growth, 6.5), '+180'],
    ['change of a counter leaves a reset out', 'total', '900 903 1 4', over(growth, 6.5), ''],
    ['change of a counter counts on after it', 'total', '900 903 1 5', over(growth, 6.5), '+180'],
    [
      'change of what holds is against what held',
      'tilt',
      '1 . . . . . . . . 9',
      over(tilted, 5),
      '+540',
    ],
    [
      'change of what holds is over with its window',
      'tilt',
      '1 . . 9 . . . . 9',
      over(tilted, 5),
      '+180 -480',
    ],
    [
      'step compares with the sample before',
      'total',
      '900 901 899 900',
      under({ step: 'total' }, 0),
      '+120 -180',
    ],
    [
      'step reaches across a hole',
      'total',
      '900 . . . . . . 899',
      under({ step: 'total' }, 0),
      '+420',
    ],
    ['step says nothing of the first sample', 'level', '-5', under({ step: 'level' }, 0), ''],
    [
      'starts counts what is switched on',
      'pump',
      'T F T F T F T',
      over({ starts: 'pump', seconds: 600 }, 2),
      '+360',
    ],
    [
      'starts does not count what is on already',
      'pump',
      'T T T F F F T',
      over({ starts: 'pump', seconds: 600 }, 1),
      '',
    ],
    [
      'starts forgets',
      'pump',
      'F T F . . . . . . . . T',
      over({ starts: 'pump', seconds: 600 }, 1),
      '',
    ],
    [
      'starts sees one in the silence of what holds',
      'pump',
      'F . . . . T F T',
      over({ starts: 'pump', seconds: 600 }, 1),
      '+420',
    ],
    [
      'starts does not guess in a hole',
      'fan',
      'F . . . . T F T',
      over({ starts: 'fan', seconds: 600 }, 1),
      '',
    ],
    ['highest is the value itself at first', 'level', '9 1', over(peak, 5), '+0'],
    ['highest remembers a peak', 'level', '1 9 1 1 1 1 1', over(peak, 5), '+60'],
    [
      'highest forgets a peak with its window',
      'level',
      '1 9 1 1 1 1 1 1',
      over(peak, 5),
      '+60 -420',
    ],
    ['highest takes the later of two peaks', 'level', '9 1 9 1 1 1 1 1', over(peak, 5), '+0'],
    [
      'highest steps down to the next lower peak',
      'level',
      '9 1 6 1 1 1 1 1 1',
      over(peak, 7),
      '+0 -360',
    ],
    [
      'highest of what holds counts for as long as it held',
      'tilt',
      '9 . . . . . . . 1 1 1 1 1 1 1',
      over({ highest: 'tilt', seconds: 300 }, 5),
      '+0 -840',
    ],
    ['unchanged counts seconds', 'level', '3 3 3 3 3', over({ unchanged: 'level' }, 200), '+240'],
    [
      'unchanged begins again with the last digit',
      'level',
      '3 3 3.1 3.1 3.1 3.1',
      over({ unchanged: 'level' }, 200),
      '',
    ],
    [
      'unchanged is over at once',
      'level',
      '3 3 3 3 3 3.1',
      over({ unchanged: 'level' }, 200),
      '+240 -300',
    ],
    [
      'unchanged bears a missing sample',
      'level',
      '3 . . 3 3',
      over({ unchanged: 'level' }, 200),
      '+240',
    ],
    [
      'unchanged begins again after a hole',
      'level',
      '3 . . . . 3 3',
      over({ unchanged: 'level' }, 200),
      '',
    ],
  ])('%s', (_, metric, line, when, expected) => {
    expect(play(line, metric, rigFor({ when }))).toBe(expected)
  })

  it('highest is told in the unit of its metric', () => {
    const rig = rigFor({ when: over(peak, 5) })
    play('9 1', 'level', rig)
    expect(rig.alerts()[0]).toMatchObject({
      metric: 'level',
      value: 9,
      unit: 'm',
      because: { code: 'above', params: { operand: 'highest' } },
    })
  })

  it('unchanged is told in seconds', () => {
    const rig = rigFor({ when: over({ unchanged: 'level' }, 100) })
    play('3 3 3', 'level', rig)
    expect(rig.alerts()[0]).toMatchObject({
      metric: 'level',
      value: 120,
      limit: 100,
      unit: 's',
      because: { code: 'above', params: { operand: 'unchanged' } },
      text: { zh: '120s' },
    })
  })

  it('unchanged of what holds goes on with any sign of life', () => {
    const rig = rigFor({ when: over({ unchanged: 'hatch' }, 200) })
    rig.send('T-1', { m: { hatch: true } })
    expect(play('. 1 2 3 4', 'level', rig)).toBe('+240')
  })

  it('the same operand twice in a rule sees each sample once', () => {
    const when: Condition = { kind: 'all', of: [over(change, 5), under(change, 7)] }
    expect(play('1 1 7', 'level', rigFor({ when }))).toBe('+120')
    const step: Operand = { step: 'level' }
    const twice: Condition = { kind: 'all', of: [over(step, 5), under(step, 7)] }
    expect(play('1 1 7', 'level', rigFor({ when: twice }))).toBe('+120')
  })
})

describe('operand since', () => {
  const evening = Date.parse('2026-06-30T22:00:00+08:00')
  const total = (since: 'day' | 'month' | 'year'): Condition =>
    over({ since, counter: 'total' }, 10)

  it.each<[string, Condition, string, string]>([
    ['counts from the first sample on', total('day'), '900 911', '+3600'],
    ['begins anew with the local day', total('day'), '900 909 909 912', ''],
    ['is over with its day', total('day'), '900 911 911 912', '+3600 -7200'],
    ['begins anew with the month', total('month'), '900 909 909 912', ''],
    ['goes on in the same year', total('year'), '900 909 909 912', '+10800'],
    ['leaves a reset out', total('year'), '900 909 0 0.5', ''],
    ['counts on after a reset', total('year'), '900 909 0 2', '+10800'],
    // Of the 12 that grew in three hours, one hour's share belongs to the new day.
    ['shares out what grew across midnight', total('day'), '900 . . 912 918.5', '+14400'],
  ])('%s', (_, when, line, expected) => {
    const rig = rigFor({ when, gapSeconds: 86_400 }, evening)
    expect(play(line, 'total', rig, 3600)).toBe(expected)
  })

  it('goes on while the rule does not apply', () => {
    const rig = rigFor(
      { when: total('day'), during: { kind: 'hours', from: '12:00', to: '18:00' } },
      Date.parse('2026-06-15T09:00:00+08:00'),
    )
    expect(play('900 909 909 910.5', 'total', rig, 3600)).toBe('+10800')
  })
})

describe('operand of several metrics', () => {
  const share: Operand = { lowestShare: ['current_a', 'current_b', 'current_c'] }

  it.each<[string, Condition, readonly Record<string, unknown>[], string]>([
    [
      'difference is the first minus the second',
      over({ difference: ['inflow', 'outflow'] }, 5),
      [
        { inflow: 8, outflow: 3 },
        { inflow: 8.5, outflow: 3 },
        { inflow: 9 },
        { inflow: 3, outflow: 9 },
      ],
      '+60 -180',
    ],
    [
      'difference is not fitted while one side has never been said',
      {
        kind: 'any',
        of: [over({ difference: ['inflow', 'outflow'] }, 5), over({ metric: 'level' }, 10)],
      },
      [
        { level: 11, inflow: 8 },
        { level: 9, inflow: 8 },
      ],
      '+0 -60',
    ],
    [
      'lowest share finds the lost phase',
      under(share, 0.1),
      [
        { current_a: 20, current_b: 21, current_c: 19 },
        { current_a: 20, current_b: 1.9, current_c: 20 },
        { current_a: 20, current_b: 20, current_c: 20 },
      ],
      '+60 -120',
    ],
    [
      'lowest share wants all that are fitted',
      under(share, 0.1),
      [
        { current_a: 20, current_b: 21, current_c: 19 },
        { current_a: 20, current_b: 1.9 },
      ],
      '',
    ],
    [
      'lowest share takes two',
      under(share, 0.1),
      [{ current_a: 20 }, { current_a: 20, current_b: 1 }],
      '+60',
    ],
    [
      'lowest share means nothing near zero',
      under(share, 0.1),
      [{ current_a: 1.9, current_b: 0 }],
      '',
    ],
    [
      'lowest share means something above',
      under(share, 0.1),
      [{ current_a: 2.1, current_b: 0 }],
      '+0',
    ],
    [
      'highest speaks in a sample that is silent about it',
      { kind: 'all', of: [over({ metric: 'tilt' }, 5), over(peak, 5)] },
      [{ level: 9, tilt: 0 }, { tilt: 6 }],
      '+60',
    ],
    [
      'highest has forgotten what is too long ago',
      { kind: 'all', of: [over({ metric: 'tilt' }, 5), over(peak, 5)] },
      [...Array.from({ length: 6 }, (_, n) => ({ level: n === 0 ? 9 : 1, tilt: 0 })), { tilt: 6 }],
      '',
    ],
    [
      'highest says nothing where its window is empty',
      over(peak, 5),
      [{ level: 9 }, ...Array.from({ length: 7 }, () => ({ tilt: 1 }))],
      '+0',
    ],
  ])('%s', (_, when, samples, expected) => {
    const rig = rigFor({ when })
    const start = rig.now
    samples.forEach((m, index) => {
      rig.now = start + index * 60_000
      rig.send('T-1', { m })
    })
    expect(changes(rig)).toBe(expected)
  })

  const rated = { home_lat: 40.75, home_lon: 107.39 }
  const away = over({ distance: { lat: 'lat', lon: 'lon', to: 'home' } }, 500)

  it('distance is in metres over ground', () => {
    const rig = rigFor({ when: away }, undefined, deviceOf({ id: 'T-1', type: 'tank', rated }))
    rig.send('T-1', { m: { lat: 40.75, lon: 107.3955 } })
    expect(rig.alerts()).toEqual([])
    rig.now += 60_000
    rig.send('T-1', { m: { lat: 40.75, lon: 107.4 } })
    // A hundredth of a degree of longitude at this latitude.
    expect(rig.alerts()[0]?.value).toBeCloseTo(842.4, 0)
    expect(rig.alerts()[0]).toMatchObject({ unit: 'm', limit: 500, text: { zh: '842m' } })
  })

  it('distance is not for a device without a place', () => {
    const rig = rigFor({ when: { kind: 'any', of: [away, over({ metric: 'level' }, 10)] } })
    rig.send('T-1', { m: { lat: 0, lon: 0, level: 11 } })
    rig.now += 60_000
    rig.send('T-1', { m: { lat: 0, lon: 0, level: 9 } })
    expect(changes(rig)).toBe('+0 -60')
  })
})

describe('memory of an operand', () => {
  const operands: readonly [string, Partial<Rule>][] = [
    ['change', { when: over({ change: 'level', seconds: 600 }, 1e9) }],
    ['change of what holds', { when: over({ change: 'tilt', seconds: 600 }, 1e9) }],
    ['mean', { when: over({ mean: 'level', seconds: 600 }, 1e9) }],
    ['starts', { when: over({ starts: 'pump', seconds: 600 }, 1e9) }],
    ['highest', { when: over({ highest: 'inflow', seconds: 600 }, 1e9) }],
    ['highest of what holds', { when: over({ highest: 'tilt', seconds: 600 }, 1e9) }],
  ]

  it.each(operands)('%s stays within its bound, whatever the device sends', (_, rule) => {
    const gaps = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 80, maxLength: 400 })
    fc.assert(
      fc.property(gaps, (list) => {
        const rig = rigFor(rule)
        list.forEach((gap, n) => {
          rig.now += gap
          // Only what falls and falls leaves much to remember of a highest value.
          rig.send('T-1', {
            m: { level: n % 7, inflow: 900 - n, tilt: n % 5, pump: n % 2 === 0 },
          })
        })
        const slot = rig.engine.snapshot().devices[0]?.slots[0]
        const [memory] = slot?.memories ?? []
        const entries =
          memory?.kind === 'mean'
            ? memory.buckets
            : memory !== undefined && 'entries' in memory
              ? memory.entries
              : []
        expect(entries.length).toBeGreaterThan(0)
        expect(entries.length).toBeLessThanOrEqual(ENTRIES_MAX)
      }),
      { numRuns: 15 },
    )
  })
})
