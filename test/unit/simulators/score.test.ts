// Scoring: one row per way in which an alert and a fault can meet or miss each other.

import { describe, expect, it } from 'vitest'
import { readScenario, type Scenario } from '../../../simulators/scenario.ts'
import type { Seen, SeenAlert, SeenTicket } from '../../../simulators/matching.ts'
import { score } from '../../../simulators/score.ts'
import { deviceTypes } from '../../../devices/index.ts'

const MINUTE = 60_000
const START = Date.parse('2026-11-10T00:00:00+08:00')

function scenario(extra = ''): Scenario {
  const result = readScenario({
    name: 'test.yaml',
    seed: null,
    types: deviceTypes,
    text: `
name: test
story: { zh: 测试, en: test }
seed: 1
start: 2026-11-10T00:00:00+08:00
duration: 4h
fleet: { city: { feeders: 1, lampsPerFeeder: 2, covers: 3, sites: 0 } }
faults:
  - { id: theft, kind: cover_theft, on: LH-M-0001, at: 1h, for: 1h }
expect:
  - { fault: theft, rules: [COVER_OPEN], within: 2m, until: 10m, ticket: true }
${extra}`,
  })
  if (result.kind === 'invalid') throw new Error(result.problems.join('\n'))
  return result.scenario
}

function alert(id: string, minute: number, over: Partial<SeenAlert> = {}): SeenAlert {
  return {
    id,
    device: 'LH-M-0001',
    rule: 'COVER_OPEN',
    severity: 'P1',
    raisedAt: START + minute * MINUTE,
    returnedAt: null,
    ...over,
  }
}

function ticket(id: string, of: string, isDelivered = true): SeenTicket {
  return { id, alert: of, device: 'LH-M-0001', isDelivered }
}

function seen(
  alerts: readonly SeenAlert[],
  tickets: readonly SeenTicket[] = [],
  over: Partial<Seen> = {},
): Seen {
  return { alerts, tickets, doubleCases: 0, end: START + 240 * MINUTE, ...over }
}

interface Row {
  readonly name: string
  readonly extra?: string
  readonly seen: Seen
  /** matched, late, missed; expected, unexpected; duplicates. */
  readonly counts: readonly [number, number, number, number, number, number]
  /** A piece of each failure, in order. */
  readonly failures: readonly string[]
}

const rows: readonly Row[] = [
  {
    name: 'matches an alert in time with its ticket',
    seen: seen([alert('a', 61)], [ticket('t', 'a')]),
    counts: [1, 0, 0, 1, 0, 0],
    failures: [],
  },
  {
    name: 'counts an alert after `within` as late',
    seen: seen([alert('a', 65)], [ticket('t', 'a')]),
    counts: [0, 1, 0, 1, 0, 0],
    failures: [],
  },
  {
    name: 'misses an alert after `until`, and finds it unexpected',
    seen: seen([alert('a', 71)]),
    counts: [0, 0, 1, 0, 1, 0],
    failures: ['got only COVER_OPEN at 2026-11-09T17:11', 'unexpected alerts, got 1'],
  },
  {
    name: 'misses when nothing came, and says so',
    seen: seen([]),
    counts: [0, 0, 1, 0, 0, 0],
    failures: ['got no alert on this device'],
  },
  {
    name: 'says when the run was too short to tell',
    seen: seen([], [], { end: START + 62 * MINUTE }),
    counts: [0, 0, 1, 0, 0, 0],
    failures: ['but the run ended 2.0 min after the fault began'],
  },
  {
    name: 'does not take another device, another rule or an alert from before',
    seen: seen([
      alert('a', 61, { device: 'LH-M-0002' }),
      alert('b', 61, { rule: 'COVER_MOVED' }),
      alert('c', 59),
    ]),
    counts: [0, 0, 1, 0, 3, 0],
    failures: ['got only', 'unexpected alerts, got 3'],
  },
  {
    name: 'takes an alert from before where standing ones count',
    extra: '  - { fault: theft, rules: [COVER_MOVED], within: 2m, standing: true }',
    seen: seen(
      [
        alert('a', 61),
        alert('b', 10, { rule: 'COVER_MOVED' }),
        alert('c', 5, { rule: 'COVER_MOVED', returnedAt: START + 7 * MINUTE }),
      ],
      [ticket('t', 'a')],
    ),
    counts: [1, 0, 0, 2, 1, 0],
    failures: ['unexpected alerts, got 1'],
  },
  {
    name: 'wants the ticket',
    seen: seen([alert('a', 61)]),
    counts: [1, 0, 0, 1, 0, 0],
    failures: ['expected one ticket, got 0'],
  },
  {
    name: 'wants the ticket delivered',
    seen: seen([alert('a', 61)], [ticket('t', 'a', false)]),
    counts: [1, 0, 0, 1, 0, 0],
    failures: ['still waiting'],
  },
  {
    name: 'finds a second ticket for the same alert',
    seen: seen([alert('a', 61)], [ticket('t', 'a'), ticket('u', 'a')]),
    counts: [1, 0, 0, 1, 0, 1],
    failures: ['expected one ticket, got 2', 'duplicate tickets, got 1'],
  },
  {
    name: 'finds a second ticket for the same fault',
    seen: seen([alert('a', 61), alert('b', 65)], [ticket('t', 'a'), ticket('u', 'b')]),
    counts: [1, 0, 0, 2, 0, 1],
    failures: ['duplicate tickets, got 1'],
  },
  {
    name: 'finds cases filed twice',
    seen: seen([alert('a', 61)], [ticket('t', 'a')], { doubleCases: 2 }),
    counts: [1, 0, 0, 1, 0, 2],
    failures: ['duplicate tickets, got 2'],
  },
  {
    name: 'lets pass what is allowed by name, up to its number',
    extra: 'allow:\n  - { rules: [OFFLINE], fault: theft, max: 1, why: testing }',
    seen: seen(
      [
        alert('a', 61),
        alert('b', 70, { rule: 'OFFLINE' }),
        alert('c', 80, { rule: 'OFFLINE' }),
        alert('d', 20, { rule: 'OFFLINE' }),
        alert('e', 80, { rule: 'OFFLINE', device: 'LH-M-0002' }),
      ],
      [ticket('t', 'a')],
    ),
    counts: [1, 0, 0, 3, 2, 0],
    failures: ['OFFLINE: expected at most 1 (testing), got 2', 'unexpected alerts, got 2'],
  },
  {
    name: 'holds the limits on rules and tickets',
    extra: 'limits: { unexpected: 9, tickets: 0, rules: { COVER_OPEN: 0 } }',
    seen: seen([alert('a', 61)], [ticket('t', 'a')]),
    counts: [1, 0, 0, 1, 0, 0],
    failures: ['at most 0 tickets, got 1', 'at most 0 COVER_OPEN alerts, got 1'],
  },
]

const recorded = (_device: string, metric: string, at: number): number | null =>
  metric === 'pm10' && at === START + 70 * MINUTE ? 151 : 150

describe('score()', () => {
  it('allows an alert that the recording bears out, and no other', () => {
    const extra =
      'allow: [{ rules: [OFFLINE], recorded: { metric: pm10, above: 150 }, why: testing }]'
    const alerts = [
      alert('a', 61),
      alert('b', 70, { rule: 'OFFLINE' }),
      alert('c', 80, { rule: 'OFFLINE' }),
    ]
    const result = score(scenario(extra), seen(alerts, [ticket('t', 'a')]), recorded)
    expect(result.unexpected.map((entry) => entry.id)).toEqual(['c'])
  })

  it.each(rows)('$name', ({ extra, seen, counts, failures }) => {
    const result = score(scenario(extra), seen)
    expect([
      result.faults.matched,
      result.faults.late,
      result.faults.missed,
      result.alerts.expected,
      result.alerts.unexpected,
      result.tickets.duplicates,
    ]).toEqual(counts)
    expect(result.faults.injected).toBe(1)
    expect(result.alerts.raised).toBe(seen.alerts.length)
    expect(result.failures).toHaveLength(failures.length)
    for (const [index, part] of failures.entries()) expect(result.failures[index]).toContain(part)
  })
})
