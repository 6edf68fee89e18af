// Detectors on a type made for them: counting, delays, deadbands, means and windows, one time line per row.

import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../src/core/engine.ts'
import type { Condition, Rule } from '../../../src/core/rule.ts'
import { createRig } from './harness.ts'
import type { Rig } from './harness.ts'
import { START, above, base, below, changes, play, rigFor, typeWith } from './tank.ts'

describe('threshold', () => {
  it.each<[string, string, Partial<Rule>, string]>([
    ['raises on the first sample of 1/1', '9 11 9', {}, '+60 -120'],
    ['is strict about the limit', '10 10', {}, ''],
    ['needs 2 of 2', '11 9 11 11', { confirm: { samples: 2, of: 2, seconds: 0 } }, '+180'],
    ['lets 2 of 3 have a hole', '11 9 11', { confirm: { samples: 2, of: 3, seconds: 0 } }, '+120'],
    [
      'forgets what left the last 3',
      '11 9 9 11 9',
      { confirm: { samples: 2, of: 3, seconds: 0 } },
      '',
    ],
    ['needs its seconds', '11 11 11 11', { confirm: { samples: 1, of: 1, seconds: 120 } }, '+120'],
    [
      'starts its seconds again',
      '11 9 11 11 11',
      { confirm: { samples: 1, of: 1, seconds: 120 } },
      '+240',
    ],
    [
      'does not count across a gap',
      '11 . . . 11 11',
      { confirm: { samples: 2, of: 2, seconds: 0 } },
      '+300',
    ],
    [
      'counts across a missing sample',
      '11 . . 11',
      { confirm: { samples: 2, of: 2, seconds: 0 } },
      '+180',
    ],
    [
      'takes a gap of its own',
      '11 . 11 11',
      { confirm: { samples: 2, of: 2, seconds: 0 }, gapSeconds: 60 },
      '+180',
    ],
    [
      'clears at the limit less the deadband',
      '11 9 8.1 8',
      { clear: { deadband: 2, samples: 1, seconds: 0 } },
      '+0 -180',
    ],
    [
      'clears below mirrored',
      '4 6 7',
      { when: below(5), clear: { deadband: 2, samples: 1, seconds: 0 } },
      '+0 -120',
    ],
    [
      'needs good samples in a row',
      '11 9 11 9 9',
      { clear: { deadband: 0, samples: 2, seconds: 0 } },
      '+0 -240',
    ],
    [
      'needs good seconds',
      '11 9 9 9',
      { clear: { deadband: 0, samples: 1, seconds: 120 } },
      '+0 -180',
    ],
    [
      'does not clear across a gap',
      '11 9 . . . 9 9',
      { clear: { deadband: 0, samples: 2, seconds: 0 } },
      '+0 -360',
    ],
    [
      'reads rated limits',
      '29 31',
      {
        when: {
          kind: 'above',
          of: { metric: 'level' },
          limit: { rated: 'level', factor: 0.6, fallback: 1 },
        },
      },
      '+60',
    ],
    [
      'falls back where nothing is rated',
      '0 2',
      {
        when: {
          kind: 'above',
          of: { metric: 'level' },
          limit: { rated: 'width', factor: 0.6, fallback: 1 },
        },
      },
      '+60',
    ],
    ['takes a band', '4 11 21', { when: { kind: 'all', of: [above(10), below(20)] } }, '+60 -120'],
  ])('%s', (_, line, over, expected) => {
    expect(play(line, 'level', rigFor(over))).toBe(expected)
  })

  it.each<[string, string, Partial<Rule>, string]>([
    [
      'completes its delay without another sample',
      'T . . .',
      { confirm: { samples: 1, of: 1, seconds: 150 } },
      '+150',
    ],
    ['is called off in time', 'T . F .', { confirm: { samples: 1, of: 1, seconds: 150 } }, ''],
    ['has no gaps', 'T . . . . T', { confirm: { samples: 2, of: 2, seconds: 0 } }, '+300'],
    [
      'clears by the clock',
      'T F . .',
      { clear: { deadband: 0, samples: 1, seconds: 90 } },
      '+0 -150',
    ],
    [
      'is called back before it clears',
      'T F T . . .',
      { clear: { deadband: 0, samples: 1, seconds: 90 } },
      '+0',
    ],
  ])('on held values %s', (_, line, over, expected) => {
    const when: Condition = { kind: 'is', metric: 'hatch', value: true }
    expect(play(line, 'hatch', rigFor({ when, ...over }))).toBe(expected)
  })

  it.each<[string, Condition, readonly Record<string, unknown>[], string]>([
    [
      'all waits for what it does not know',
      { kind: 'all', of: [above(10), { kind: 'is', metric: 'pump', value: false }] },
      [{ level: 11 }, { pump: false }, { level: 11 }],
      '+120',
    ],
    [
      'all is over when one part is',
      { kind: 'all', of: [above(10), { kind: 'is', metric: 'pump', value: false }] },
      [{ level: 11, pump: false }, { pump: true }],
      '+0 -60',
    ],
    [
      'any takes what is true',
      { kind: 'any', of: [above(10), { kind: 'is', metric: 'pump', value: false }] },
      [{ pump: false }],
      '+0',
    ],
    [
      'any is not over while a part does not say',
      { kind: 'any', of: [above(10), { kind: 'is', metric: 'pump', value: false }] },
      [{ level: 11, pump: true }, { pump: true }, { level: 3 }],
      '+0 -120',
    ],
    [
      'any forgets parts that are not fitted',
      { kind: 'any', of: [above(10), { kind: 'is', metric: 'pump', value: false }] },
      [{ pump: false }, { pump: true }],
      '+0 -60',
    ],
    [
      'a sum wants all parts that are fitted',
      { kind: 'above', of: { sum: ['inflow', 'outflow'] }, limit: 10 },
      [{ inflow: 6, outflow: 3 }, { inflow: 11 }, { inflow: 8, outflow: 3 }],
      '+120',
    ],
    [
      'a sum does without parts that are not fitted',
      { kind: 'above', of: { sum: ['inflow', 'outflow'] }, limit: 10 },
      [{ inflow: 11 }],
      '+0',
    ],
  ])('%s', (_, when, samples, expected) => {
    const rig = rigFor({ when })
    samples.forEach((m, index) => {
      rig.now = START + index * 60_000
      rig.send('T-1', { m })
    })
    expect(changes(rig)).toBe(expected)
  })

  it('shows the number that decided rather than the flag', () => {
    const when: Condition = {
      kind: 'any',
      of: [{ kind: 'is', metric: 'pump', value: false }, above(10)],
    }
    const rig = rigFor({ when })
    rig.send('T-1', { m: { pump: false, level: 12.34 } })
    expect(rig.alerts()[0]).toMatchObject({
      metric: 'level',
      value: 12.34,
      limit: 10,
      unit: 'm',
      text: { zh: '12.3m', en: '12.3 m' },
    })
  })

  it('averages sound by energy and other things by value', () => {
    const rig = rigFor({
      when: { kind: 'above', of: { mean: 'noise', seconds: 600 }, limit: 60 },
    })
    // Nine minutes of 50 and one of 80 are 70.04 by energy, 53 by value.
    for (let n = 0; n < 10; n++) {
      rig.now = START + n * 60_000
      rig.send('T-1', { m: { noise: n === 9 ? 80 : 50 } })
    }
    expect(rig.alerts()[0]?.value).toBeCloseTo(70.04, 2)
  })

  it('lets a mean slide and asks for half of its window', () => {
    const rig = rigFor({
      when: { kind: 'above', of: { mean: 'level', seconds: 600 }, limit: 10 },
    })
    for (let n = 0; n < 25; n++) {
      rig.now = START + n * 60_000
      rig.send('T-1', { m: { level: n < 12 ? 20 : 0 } })
    }
    // Five of ten samples are enough to begin with; with the fifth zero the mean of the last ten is 10, which is not above 10.
    expect(changes(rig)).toBe('+240 -960')
  })

  it('begins a mean anew in each window', () => {
    const start = Date.parse('2026-06-15T11:50:00+08:00')
    const rig = rigFor(
      {
        when: { kind: 'above', of: { mean: 'level', seconds: 3600 }, limit: 10 },
        during: { kind: 'hours', from: '12:10', to: '12:00' },
      },
      start,
    )
    for (let n = 0; n < 60; n++) {
      rig.now = start + n * 60_000
      rig.send('T-1', { m: { level: n < 10 ? 90 : 0 } })
    }
    expect(rig.alerts()).toEqual([])
  })

  it('goes on from a snapshot in the middle of its delays', () => {
    const over: Partial<Rule> = { clear: { deadband: 0, samples: 3, seconds: 120 } }
    const line = [11, 9, 9, 9]
    const [first, second] = [rigFor(over), rigFor(over)]
    let rig = first
    line.forEach((level, index) => {
      const now = START + index * 60_000
      second.now = now
      second.send('T-1', { m: { level } })
      const snapshot = JSON.parse(JSON.stringify(rig.engine.snapshot())) as ReturnType<
        Rig['engine']['snapshot']
      >
      const next = createRig({ types: [typeWith(over)], snapshot, start: now })
      next.effects.push(...rig.effects)
      next.send('T-1', { m: { level } })
      rig = next
    })
    expect(changes(rig)).toBe('+0 -180')
    expect(changes(second)).toBe('+0 -180')
  })
})

describe('createEngine()', () => {
  it.each<[string, Partial<Rule>, RegExp]>([
    ['a metric that is not there', { when: { kind: 'is', metric: 'door', value: true } }, /"door"/],
    [
      'silence among others',
      { when: { kind: 'any', of: [{ kind: 'silent', intervals: 3 }] } },
      /silence/,
    ],
    ['3 of 2 samples', { confirm: { samples: 3, of: 2, seconds: 0 } }, /3 of 2/],
    [
      'an hour that does not exist',
      { during: { kind: 'hours', from: '24:00', to: '06:00' } },
      /24:00/,
    ],
  ])('refuses a rule with %s', (_, over, message) => {
    const make = (): unknown => createEngine({ types: [typeWith(over)], timeZone: 'Asia/Shanghai' })
    expect(make).toThrow(message)
  })

  it('can still speak of an alert whose condition the rule has lost', () => {
    const level = { kind: 'above', of: { metric: 'level' }, limit: 10 } as const
    const inflow = { kind: 'above', of: { metric: 'inflow' }, limit: 10 } as const
    const rig = rigFor({ when: { kind: 'any', of: [level, inflow] } })
    rig.send('T-1', { m: { inflow: 11 } })
    const [alert] = rig.alerts()
    expect(alert).toMatchObject({ metric: 'inflow' })
    const next = createRig({
      types: [typeWith({ when: level })],
      snapshot: rig.engine.snapshot(),
      start: rig.now,
    })
    const ids = [alert?.id ?? '']
    expect(next.command({ kind: 'alerts.acknowledge', ids, comment: null })).toMatchObject({
      ok: true,
    })
    expect(next.alerts()).toMatchObject([{ state: 'acked_active', value: null, limit: null }])
  })

  it('drops what a type has lost and closes its alerts', () => {
    const rig = rigFor({})
    rig.send('T-1', { m: { level: 11, inflow: 3 } })
    const smaller = typeWith({ id: 'OTHER' })
    const next = createRig({
      types: [
        {
          ...smaller,
          metrics: smaller.metrics.slice(1),
          rules: [{ ...base, id: 'OTHER', when: { kind: 'is', metric: 'pump', value: true } }],
        },
      ],
      snapshot: rig.engine.snapshot(),
      start: rig.now,
    })
    next.to(rig.now + 1)
    expect(next.alerts()).toMatchObject([{ rule: 'RULE', state: 'closed' }])
    expect(Object.keys(next.engine.latest('T-1')?.values ?? {})).toEqual(['inflow'])
    const nothing = createRig({ types: [], snapshot: rig.engine.snapshot(), start: rig.now })
    expect(nothing.send('T-1', { m: { level: 1 } })).toMatchObject({ accepted: 0 })
  })
})
