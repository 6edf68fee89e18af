// Charts of many devices when a few of them say far more than the others: all of it, or a refusal with advice, never a part.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../src/api/errors.ts'
import { readSeries, type SeriesQuestion } from '../../../src/api/series-of-many.ts'
import { pointsIn, POINTS_MAX, windowMs } from '../../../src/api/window-counts.ts'
import { telemetryWindows, type Point, type SeriesQuery } from '../../../src/ports.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import { chooseWindow } from '../../../src/store/telemetry/choose-window.ts'
import { START, streetlight } from './city.ts'

const DAY_MS = 86_400_000
/** The rhythm lets everything through: only what is really there counts. */
const quiet = { ...streetlight, reportSeconds: 86_400 }
const points: readonly Point[] = Array.from({ length: 120_000 }, (_, t) => ({ t, v: 1 }))

/** A store in which the device at each place has so many points. */
function storeOf(counts: readonly number[]) {
  const asked: SeriesQuery[] = []
  let readAtOnceMax = 0
  const question: SeriesQuestion = {
    type: quiet,
    metric: 'leakage',
    devices: counts.map((_, place) => String(place)),
    from: START - 7 * DAY_MS,
    to: START,
    window: 'raw',
    width: 600,
    role: 'admin',
  }
  const parts = {
    chooseWindow,
    telemetry: {
      series: async (query: SeriesQuery) => {
        asked.push(query)
        const series = query.devices.map((device) => ({
          device,
          points: points.slice(0, Math.min(counts[Number(device)] ?? 0, query.limit)),
        }))
        readAtOnceMax = Math.max(
          readAtOnceMax,
          series.reduce((sum, one) => sum + one.points.length, 0),
        )
        return series
      },
      groups: async () => [],
      async *rows() {
        yield []
      },
      expired: async () => [],
      close: async () => undefined,
    },
  }
  const lengths = async (window: SeriesQuestion['window']) =>
    (await readSeries(parts, { ...question, window })).series.map((one) => [
      one.device,
      one.points.length,
    ])
  return { asked, lengths, readAtOnceMax: () => readAtOnceMax }
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)

describe('readSeries()', () => {
  it('gives all windows of the one light of 200 that reports by the second', async () => {
    const counts = [...Array.from({ length: 199 }, () => 7), 5001]
    expect(await storeOf(counts).lengths('1m')).toEqual(
      counts.map((count, place) => [String(place), count]),
    )
  })

  it('refuses 60,000 readings of one light of 200, with advice', async () => {
    const counts = [...Array.from({ length: 199 }, () => 7), 60_000]
    const refused = await storeOf(counts)
      .lengths('raw')
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ApiError)
    expect(refused).toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'window', reason: expect.stringContaining('ask for window=') }],
    })
  })

  const skewed = fc
    .record({
      many: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 400 }),
      few: fc.array(fc.integer({ min: 0, max: 52_000 }), { maxLength: 3 }),
      some: fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 60 }),
      at: fc.nat(),
    })
    .map(({ many, few, some, at }) => {
      const place = at % (many.length + 1)
      return [...many.slice(0, place), ...few, ...many.slice(place), ...some]
    })

  it('gives all points, in the order of the question, or refuses when there are more than an answer may have', async () => {
    await fc.assert(
      fc.asyncProperty(skewed, fc.constantFrom('raw', '1m'), async (counts, window) => {
        const store = storeOf(counts)
        const found = await store.lengths(window).catch((error: unknown) => error)
        if (sum(counts) > POINTS_MAX) expect(found).toBeInstanceOf(ApiError)
        else expect(found).toEqual(counts.map((count, place) => [String(place), count]))
        expect(store.asked.length).toBeLessThanOrEqual(6)
        expect(store.readAtOnceMax()).toBeLessThanOrEqual(4 * POINTS_MAX + 2 * counts.length)
      }),
      {
        examples: [
          [[POINTS_MAX], 'raw'],
          [[POINTS_MAX + 1], 'raw'],
          [[25_000, 25_000], 'raw'],
        ],
      },
    )
  })

  it('gives all points of the window that it chooses itself', async () => {
    await fc.assert(
      fc.asyncProperty(skewed, async (counts) => {
        const store = storeOf(counts)
        await store.lengths('auto')
        // The chosen window is never one whose points could reach the limit it is read with.
        for (const query of store.asked.slice(-1)) {
          const { from, to, window, limit, devices } = query
          const most = pointsIn(window, { from, to, reportSeconds: quiet.reportSeconds })
          const fits = window === 'raw' || most * devices.length <= POINTS_MAX
          expect(fits && (window === 'raw' || most < limit)).toBe(true)
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('the number of points of a window', () => {
  const zones = ['Asia/Shanghai', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu']
  const windows = telemetryWindows.filter((window) => window !== 'raw')

  it('is never below what a span can have, also where clocks change: no series or group is cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...windows),
        fc.integer({ min: START - 800 * DAY_MS, max: START }),
        fc.integer({ min: 1, max: 1500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (timeZone, window, from, count, part) => {
          const to = from + Math.ceil((count - 1 + part) * windowMs[window]) + 1
          const windowAt = createLocalWindows(timeZone)
          let found = 0
          for (let at = from; at < to; at = windowAt(window, at).end) found++
          expect(found).toBeLessThanOrEqual(pointsIn(window, { from, to, reportSeconds: 60 }))
        },
      ),
    )
  })
})
