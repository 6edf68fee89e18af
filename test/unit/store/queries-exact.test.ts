// What queries answer, however far the rollups are, is what the readings say.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { metricsOf } from '../../../src/core/device-type.ts'
import { telemetryWindows, type ExportRow, type Point } from '../../../src/ports.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import { createTelemetryQueries } from '../../../src/store/telemetry/queries.ts'
import { bruteForceGroup, bruteForceWindows } from '../../contracts/brute-force-windows.ts'
import { contractTypes, meter, reading } from '../../contracts/telemetry-store.ts'
import { mixed, rolledUp } from './queries-model.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const devices = ['M1', 'M2', 'M3'] as const
type Metric = 'volume_total' | 'pressure'

/** Equal but for the rounding of sums. */
function expectClose(actual: unknown, expected: unknown): void {
  expect(rounded(actual)).toEqual(rounded(expected))
}

function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(11))
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rounded(one)]))
}

/** As queries look back. */
const LOOK_BACK_MS = 40 * DAY

function valuesOf(
  readings: readonly Reading[],
  device: string,
  metric: Metric,
): ReadonlyMap<number, number> {
  const place = metricsOf(meter).findIndex(({ id }) => id === metric)
  const values = new Map<number, number>()
  for (const one of readings) {
    const value = one.values[place] ?? Number.NaN
    if (one.device === device && !Number.isNaN(value)) values.set(one.ts, value)
  }
  return values
}

const moment = fc.oneof(
  fc.integer({ min: -3 * DAY, max: 3 * DAY }),
  fc.integer({ min: -290, max: 290 }).map((quarter) => quarter * 15 * MINUTE),
)
const sample = fc.record({
  device: fc.constantFrom(...devices),
  ms: fc.oneof(
    moment,
    // Close together, so that windows hold several.
    fc.integer({ min: 0, max: 120 }).map((step) => step * 20_000),
  ),
  volume: fc.oneof(
    fc.integer({ min: 0, max: 400_000 }).map((quarters) => quarters / 4),
    fc.constantFrom(Number.NaN, 99_998, 1, 0.1, 0.7),
  ),
  pressure: fc.constantFrom(Number.NaN, -3.1, 0, 7, 1e5),
  isLate: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  simulated: fc.boolean(),
})

const scene = fc.record({
  samples: fc.uniqueArray(sample, {
    maxLength: 60,
    selector: ({ device, ms }) => `${device} ${ms}`,
  }),
  through: fc.record({ '1m': moment, '1h': moment, '1d': moment }),
  ends: fc.tuple(moment, moment),
  isMixed: fc.boolean(),
  limit: fc.integer({ min: 1, max: 40 }),
})
type Scene = typeof scene extends fc.Arbitrary<infer Drawn> ? Drawn : never

async function played(timeZone: string, zero: number, drawn: Scene) {
  const windowAt = createLocalWindows(timeZone)
  const readings = drawn.samples.map(({ device, ms, volume, pressure, simulated }, index) =>
    reading(
      index + 1,
      zero + ms,
      { volume_total: volume, pressure },
      { device, type: meter.id, simulated },
    ),
  )
  const isLate = (_: Reading, index: number) => drawn.samples[index]?.isLate === true
  const { store, progress } = await rolledUp({
    type: meter,
    windowAt,
    early: readings.filter((one, index) => !isLate(one, index)),
    late: readings.filter(isLate),
    through: {
      '1m': zero + drawn.through['1m'],
      '1h': zero + drawn.through['1h'],
      '1d': zero + drawn.through['1d'],
    },
  })
  const queries = createTelemetryQueries({
    store: drawn.isMixed ? mixed(store) : store,
    progress,
    types: contractTypes,
    windowAt,
    keptSince: () => 0,
  })
  const [one, other] = drawn.ends
  const span = { from: zero + Math.min(one, other), to: zero + Math.max(one, other) + 1 }
  return { readings, queries, ...span }
}

const zones = [
  ['Asia/Shanghai', '2026-11-01T16:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Asia/Kathmandu', '2026-11-01T00:00:00Z'],
] as const

describe('createTelemetryQueries()', () => {
  it.each(zones)('equals a brute-force computation in %s around %s', async (timeZone, start) => {
    await fc.assert(
      fc.asyncProperty(
        scene,
        fc.constantFrom(...telemetryWindows),
        fc.constantFrom<Metric>('volume_total', 'pressure'),
        async (drawn, window, metric) => {
          const { readings, queries, from, to } = await played(timeZone, Date.parse(start), drawn)
          const { limit } = drawn
          const asked = ['M3', 'M1', 'nobody', 'M2']
          const answer = await queries.series({
            type: meter.id,
            metric,
            devices: asked,
            from,
            to,
            window,
            limit,
          })
          const expected = asked.map((device) => {
            const values = valuesOf(readings, device, metric)
            const points: Point[] =
              window === 'raw'
                ? [...values]
                    .filter(([t]) => t >= from && t < to)
                    .map(([t, v]) => ({ t, v }))
                    .sort((a, b) => a.t - b.t)
                : bruteForceWindows(values, {
                    from,
                    to,
                    window,
                    timeZone,
                    ...(metric === 'pressure' ? {} : { lookBackMs: LOOK_BACK_MS }),
                  })
            return { device, points: points.slice(0, limit) }
          })
          expectClose(answer, expected)
        },
      ),
      { numRuns: 80 },
    )
  })

  it.each(zones)('sums groups as brute force does in %s around %s', async (timeZone, start) => {
    await fc.assert(
      fc.asyncProperty(
        scene,
        fc.constantFrom(...telemetryWindows),
        fc.constantFrom<Metric>('volume_total', 'pressure'),
        async (drawn, window, metric) => {
          if (window === 'raw') return
          const { readings, queries, from, to } = await played(timeZone, Date.parse(start), drawn)
          const groups = [
            { key: 'two', devices: ['M2', 'M1'] },
            { key: 'none', devices: [] },
            { key: 'one', devices: ['nobody', 'M3'] },
          ]
          const { limit } = drawn
          const query = { type: meter.id, metric, from, to, window, limit }
          const answer = await queries.groups({ ...query, groups })
          const expected = groups.map((group) => ({
            key: group.key,
            points: bruteForceGroup(
              group.devices.map((device) => valuesOf(readings, device, metric)),
              {
                from,
                to,
                window,
                timeZone,
                ...(metric === 'pressure' ? {} : { lookBackMs: LOOK_BACK_MS }),
              },
            ).slice(0, limit),
          }))
          expectClose(answer, expected)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('exports what the series say, device by device', async () => {
    await fc.assert(
      fc.asyncProperty(scene, fc.constantFrom(...telemetryWindows), async (drawn, window) => {
        const [timeZone, start] = zones[1]
        const { readings, queries, from, to } = await played(timeZone, Date.parse(start), drawn)
        const metrics = ['pressure', 'volume_total'] as const
        const asked = ['M2', 'M3', 'nobody', 'M1']
        const query = { type: meter.id, metrics, devices: asked, from, to, window }
        const rows = (await Array.fromAsync(queries.rows(query))).flat()

        const order = rows.map((row) => asked.indexOf(row.device))
        expect(order).toEqual(order.toSorted((a, b) => a - b))
        for (const [at, metric] of metrics.entries()) {
          const series = await queries.series({ ...query, metric, limit: 1000 })
          expectClose(
            asked.map((device) => ({ device, points: pointsOf(rows, device, at) })),
            series,
          )
        }
        if (window === 'raw')
          for (const row of rows)
            expect(row.simulated).toBe(
              readings.find((one) => one.device === row.device && one.ts === row.t)?.simulated,
            )
      }),
      { numRuns: 60 },
    )
  })
})

function pointsOf(rows: readonly ExportRow[], device: string, metric: number): Point[] {
  const own = rows.filter((row) => row.device === device)
  expect(own.map((row) => row.t)).toEqual(own.map((row) => row.t).toSorted((a, b) => a - b))
  return own.flatMap((row): Point[] => {
    if ('values' in row) {
      const v = row.values[metric] ?? Number.NaN
      return Number.isNaN(v) ? [] : [{ t: row.t, v }]
    }
    const point = row.summaries[metric]
    return point ? [point] : []
  })
}
