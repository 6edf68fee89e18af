// What store, rollups and queries must give together, whatever store it is: charts equal a computation by brute force at every moment,
// whether the rollups have worked or not, with late and repeated readings, restarts, kills and lost ledgers on the way; and
// once all is worked off, the windows that are kept do so too.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../src/core/messages/reading.ts'
import { rollupLevels, telemetryWindows } from '../../src/ports.ts'
import {
  bruteForceGroup,
  bruteForceSummaries,
  bruteForceWindows,
  type BruteForceQuery,
  type Values,
} from './brute-force-windows.ts'
import { cellsOf, openFeed, type Feed } from './telemetry-feed.ts'
import { DAY, HOUR, lamp, meter, MINUTE, reading } from './telemetry-readings.ts'
import { windowsOf } from './telemetry-rows.ts'
import type { TelemetryContractOptions } from './telemetry-store.ts'

const QUARTER = 15 * MINUTE
const LATE_MAX = 20 * HOUR
const LIMIT = 50_000

const metrics = [
  { type: lamp.id, metric: 'power', devices: ['L1', 'L2', 'L3'], isCounter: false },
  { type: lamp.id, metric: 'lamp_on', devices: ['L1', 'L2', 'L3'], isCounter: false },
  { type: meter.id, metric: 'volume_total', devices: ['M1', 'M2'], isCounter: true },
  { type: meter.id, metric: 'pressure', devices: ['M1', 'M2'], isCounter: false },
] as const

const noValues: Values = new Map()

// -------------------------------------------------------------------------------------------------------- what may happen

/** When, relative to the feed's time: mostly just now, some late, some on the same few moments again, a few ahead. */
const backMs = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 3 * MINUTE }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 8 }).map((step) => step * 30_000) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: LATE_MAX }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 80 }).map((step) => step * QUARTER) },
  { weight: 1, arbitrary: fc.integer({ min: -5 * MINUTE, max: 0 }) },
)
const sample = fc.record({
  device: fc.constantFrom('L1', 'L2', 'L3', 'M1', 'M2'),
  backMs,
  quarters: fc.integer({ min: -40, max: 400 }),
  both: fc.boolean(),
})
type Sample = typeof sample extends fc.Arbitrary<infer T> ? T : never

const question = fc.record({
  metric: fc.constantFrom(...metrics),
  window: fc.constantFrom(...telemetryWindows),
  /** Before the feed's time. */
  backMs: fc.oneof(
    fc.integer({ min: 1, max: 45 * HOUR }),
    fc.integer({ min: 1, max: 180 }).map((quarter) => quarter * QUARTER),
  ),
  lengthMs: fc.oneof(
    fc.integer({ min: 1, max: 50 * HOUR }),
    fc.integer({ min: 1, max: 200 }).map((quarter) => quarter * QUARTER),
  ),
  isAligned: fc.boolean(),
  limit: fc.oneof(fc.constant(LIMIT), fc.integer({ min: 1, max: 6 })),
})
type Question = typeof question extends fc.Arbitrary<infer T> ? T : never

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      samples: fc.array(sample, { maxLength: 12 }),
      ms: fc.oneof(
        fc.integer({ min: 0, max: 2 * MINUTE }),
        fc.integer({ min: 0, max: 4 * HOUR }),
        fc.constant(HOUR),
      ),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('work' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ask' as const), question }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('askAtWork' as const), question }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('stumble' as const), calls: fc.nat({ max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sync' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('kill' as const),
      calls: fc.nat({ max: 9 }),
      earlier: fc.nat({ max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loseLedger' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Values are whole quarters, so that sums are exact in any order. */
function readingOf(one: Sample, at: number): Reading {
  const ts = at - one.backMs
  const value = one.quarters / 4
  if (one.device.startsWith('L'))
    return reading(
      0,
      ts,
      one.both ? { power: value, lamp_on: Math.abs(one.quarters) % 2 } : { power: value },
      {
        device: one.device,
        simulated: one.device === 'L3',
      },
    )
  // A register of a thousand that goes round in a day and a half, and is not read quite steadily.
  const volume = (((Math.floor(ts / MINUTE) * 3) / 4 + one.quarters / 16) % 1000) + 0
  return reading(
    0,
    ts,
    { volume_total: Math.floor(volume * 4) / 4, ...(one.both ? { pressure: value } : {}) },
    { device: one.device, type: meter.id },
  )
}

async function act(feed: Feed, one: Step, timeZone: string): Promise<void> {
  switch (one.kind) {
    case 'write': {
      const at = feed.at + one.ms
      return feed.write(
        one.samples.map((each) => readingOf(each, at)),
        one.ms,
      )
    }
    case 'work':
      return feed.work()
    case 'ask':
      return ask(feed, one.question, timeZone)
    case 'askAtWork':
      await Promise.all([feed.work(), ask(feed, one.question, timeZone)])
      return
    case 'stumble':
      return feed.stumble(one.calls)
    case 'sync':
      return feed.sync()
    case 'restart':
      return feed.restart()
    case 'kill':
      return feed.kill(one.calls, one.earlier)
    case 'loseLedger':
      return feed.loseLedger()
  }
}

// ------------------------------------------------------------------------------------------------------------ what must hold

async function ask(feed: Feed, asked: Question, timeZone: string): Promise<void> {
  const { type, metric, devices, isCounter } = asked.metric
  const { window, limit } = asked
  const whole = asked.isAligned ? HOUR : 1
  const from = Math.floor((feed.at - asked.backMs) / whole) * whole
  const to = Math.max(from + 1, Math.floor((from + asked.lengthMs) / whole) * whole)
  const span = { from, to, ...(isCounter ? { lookBackMs: LOOK_BACK_MS } : {}) }
  const valuesOf = (device: string): Values => feed.table.get(cellsOf(device, metric)) ?? noValues
  const wanted = ['nobody', ...devices]
  const series = await feed.queries.series({
    type,
    metric,
    devices: wanted,
    from,
    to,
    window,
    limit,
  })
  expect(series.map(({ device }) => device)).toEqual(wanted)
  for (const { device, points } of series)
    expectNear(
      points,
      (window === 'raw'
        ? rawPoints(valuesOf(device), from, to)
        : bruteForceWindows(valuesOf(device), { ...span, window, timeZone })
      ).slice(0, limit),
      `${window} of ${device} ${metric} in [${from}, ${to})`,
    )
  await expectRows(feed, asked, span, wanted, timeZone)
  if (window === 'raw') return
  const [first = '', ...others] = devices
  const groups = [
    { key: 'others', devices: others },
    { key: 'none', devices: ['nobody'] },
    { key: 'first', devices: [first] },
  ]
  const answer = await feed.queries.groups({ type, metric, groups, from, to, window, limit })
  expect(answer.map(({ key }) => key)).toEqual(groups.map(({ key }) => key))
  for (const [place, { key, points }] of answer.entries())
    expectNear(
      points,
      bruteForceGroup((groups[place]?.devices ?? []).map(valuesOf), {
        ...span,
        window,
        timeZone,
      }).slice(0, limit),
      `${window} of group ${key} ${metric} in [${from}, ${to})`,
    )
}

/** The export of the same span, with a second metric beside the first. */
async function expectRows(
  feed: Feed,
  { metric: { type, metric, devices: known, isCounter }, window }: Question,
  span: { readonly from: number; readonly to: number; readonly lookBackMs?: number },
  devices: readonly string[],
  timeZone: string,
): Promise<void> {
  const { from, to } = span
  const query = { type, metrics: ['battery_pct', metric], devices, from, to, window }
  const found = new Map<string, unknown[]>(devices.map((device) => [device, []]))
  const order: string[] = []
  for await (const batch of feed.queries.rows(query))
    for (const row of batch) {
      if (order.at(-1) !== row.device) order.push(row.device)
      expect(row.simulated).toBe(row.device === 'L3')
      const point =
        'values' in row
          ? { t: row.t, v: row.values[1] ?? Number.NaN }
          : (row.summaries[1] ?? { t: row.t, v: Number.NaN })
      if (!('v' in point && Number.isNaN(point.v))) found.get(row.device)?.push(point)
    }
  expect(order).toEqual(devices.filter((device) => order.includes(device)))
  for (const device of known) {
    const values = feed.table.get(cellsOf(device, metric)) ?? noValues
    expectNear(
      found.get(device),
      window === 'raw'
        ? rawPoints(values, from, to)
        : bruteForceWindows(values, { ...span, window, timeZone }),
      `export by ${window} of ${device} ${metric}${isCounter ? ', a counter' : ''}`,
    )
  }
}

/** How far back the reading may lie from which the first increase of an answer counts. */
const LOOK_BACK_MS = 40 * DAY

function rawPoints(values: Values, from: number, to: number): { t: number; v: number }[] {
  return [...values]
    .filter(([t]) => t >= from && t < to)
    .sort((a, b) => a[0] - b[0])
    .map(([t, v]) => ({ t, v }))
}

/** The last digits of a mean and a total depend on the order of the additions. */
function expectNear(actual: unknown, expected: unknown, what: string): void {
  expect(rounded(actual), what).toEqual(rounded(expected))
}

function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one: unknown) =>
      typeof one === 'number' ? Number(one.toPrecision(12)) : one,
    ),
  )
}

/** Nothing is left to do, and every kept window equals what the table gives. */
async function expectWorkedOff(feed: Feed, start: number, timeZone: string): Promise<void> {
  const { rollups, table, store } = feed
  expect(rollups.status.dirty).toBe(0)
  const from = start - 3 * DAY
  for (const level of rollupLevels) {
    const through = rollups.through(level)
    expect(through, `through ${level}`).toBeGreaterThan(feed.at - 3 * DAY)
    for (const type of [lamp, meter]) {
      const shown = metrics.filter((one) => one.type === type.id)
      const counters = shown.map(({ isCounter }) => isCounter)
      expect(rollups.stale(level, type.id, null, from, through)).toEqual([])
      const query = { type: type.id, metrics: shown.map(({ metric }) => metric), devices: null }
      // The window that is still open at the end may be kept already; it is not compared.
      const kept = await windowsOf(store, level, { ...query, from, to: through }, counters)
      const expected: BruteForceQuery = { from, to: through, window: level, timeZone }
      for (const [place, { metric, devices, isCounter }] of shown.entries())
        for (const device of devices)
          expect(
            new Map(
              kept.flatMap((row) => {
                const summary = row.summaries[place] ?? null
                return row.device === device && summary !== null ? [[row.start, summary]] : []
              }),
            ),
            `${level} of ${device} ${metric}`,
          ).toEqual(
            new Map(
              [
                ...bruteForceSummaries(table.get(cellsOf(device, metric)) ?? noValues, expected),
              ].map(([t, summary]) => [
                t,
                isCounter ? summary : { ...summary, first: Number.NaN, gained: 0 },
              ]),
            ),
          )
    }
  }
}

export function telemetryQueriesContract(options: TelemetryContractOptions): void {
  describe(`${options.name}: rollups and queries`, () => {
    it.each([
      ['Asia/Shanghai', '2026-11-01T06:00:00Z'],
      ['Europe/Berlin', '2026-10-24T12:00:00Z'],
      ['Europe/Berlin', '2026-03-28T12:00:00Z'],
      ['Australia/Lord_Howe', '2026-04-04T00:00:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T00:00:00Z'],
    ])(
      'in %s from %s on equal a brute-force computation at every moment',
      async (timeZone, time) => {
        const start = Date.parse(time)
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
            const open = () => options.open(timeZone)
            const feed = await openFeed({ open, timeZone, start, keeps: options.keeps })
            try {
              for (const one of steps) await act(feed, one, timeZone)
              // Later than every window that a reading of the property lies in.
              await feed.write([], 2 * DAY)
              await feed.work()
              await expectWorkedOff(feed, start, timeZone)
            } finally {
              await feed.dispose()
            }
          }),
          { numRuns: Math.ceil((options.runs ?? 25) / 3) },
        )
      },
    )
  })
}
