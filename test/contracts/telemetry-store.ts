// What every telemetry store must do, on disk or in memory. `open` gives an empty store and a reader of it; `reopen`, where the
// store keeps its data, closes both and opens them again.

import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { DeviceType } from '../../src/core/device-type.ts'
import { metricsOf } from '../../src/core/device-type.ts'
import { positionAt, type Position } from '../../src/core/position.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import type { Point, SeriesQuery, TelemetryReader, TelemetryStore } from '../../src/ports.ts'
import { bruteForceWindows, startOfWindow } from './brute-force-windows.ts'

export interface TelemetrySubject {
  readonly store: TelemetryStore
  readonly reader: TelemetryReader
  readonly reopen: () => Promise<TelemetrySubject>
  readonly dispose: () => Promise<void>
}

export interface TelemetryContractOptions {
  readonly open: (timeZone: string) => Promise<TelemetrySubject>
  /** Whether the store outlives its process. */
  readonly keeps: boolean
}

const text = (id: string) => ({ zh: id, en: id })

export function typeWith(id: string, metrics: readonly string[]): DeviceType {
  return {
    id,
    name: text(id),
    component: '0000',
    department: 'test',
    reportSeconds: 60,
    metrics: metrics.map((metric) => ({
      id: metric,
      name: text(metric),
      unit: '1',
      kind: metric.endsWith('_on') ? 'boolean' : 'number',
      min: -1e6,
      max: 1e6,
      precision: 2,
    })),
    rules: [],
  }
}

export const lamp = typeWith('streetlight', ['power', 'lamp_on'])
export const cover = typeWith('manhole-cover', ['tilt'])
export const contractTypes: readonly DeviceType[] = [lamp, cover]

/** Noon of a plain day, UTC. */
export const NOON = Date.UTC(2026, 10, 1, 12)
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000

export function reading(
  position: number,
  ts: number,
  metrics: Readonly<Record<string, number>>,
  more: Partial<Reading> = {},
): Reading {
  const type = contractTypes.find((one) => one.id === (more.type ?? lamp.id)) ?? lamp
  return {
    device: 'L1',
    type: type.id,
    ts,
    receivedAt: ts + 100,
    seq: null,
    values: metricsOf(type).map((metric) => metrics[metric.id] ?? Number.NaN),
    simulated: false,
    redriven: false,
    position: positionAt(position),
    ...more,
  }
}

export function powerQuery(more: Partial<SeriesQuery> = {}): SeriesQuery {
  return {
    device: 'L1',
    type: lamp.id,
    metric: 'power',
    from: NOON - 40 * DAY,
    to: NOON + 40 * DAY,
    window: 'raw',
    limit: 10_000,
    ...more,
  }
}

const at = (sequence: number): Position => positionAt(sequence)

export function telemetryStoreContract(
  name: string,
  { open, keeps }: TelemetryContractOptions,
): void {
  describe(`${name}: telemetry store`, () => {
    const opened: TelemetrySubject[] = []
    afterEach(async () => {
      for (const subject of opened.splice(0).reverse()) await subject.dispose()
    })

    async function subject(timeZone = 'Asia/Shanghai'): Promise<TelemetrySubject> {
      const fresh = await open(timeZone)
      opened.push(fresh)
      return fresh
    }

    it('gives back what was written, by device and metric, and counts it', async () => {
      const { store, reader } = await subject()
      await store.write(
        [
          reading(1, NOON, { power: 92.5, lamp_on: 1 }),
          reading(2, NOON, { power: 10 }, { device: 'L2' }),
          reading(3, NOON, { tilt: 4.25 }, { device: 'C1', type: cover.id }),
          reading(4, NOON + MINUTE, { lamp_on: 0, battery_pct: 87 }),
        ],
        at(4),
      )
      expect(store.counts()).toEqual({ stored: 4, duplicate: 0, revised: 0 })
      expect(await reader.series(powerQuery())).toEqual([{ t: NOON, v: 92.5 }])
      expect(await reader.series(powerQuery({ device: 'L2' }))).toEqual([{ t: NOON, v: 10 }])
      expect(await reader.series(powerQuery({ metric: 'lamp_on' }))).toEqual([
        { t: NOON, v: 1 },
        { t: NOON + MINUTE, v: 0 },
      ])
      expect(await reader.series(powerQuery({ metric: 'battery_pct' }))).toEqual([
        { t: NOON + MINUTE, v: 87 },
      ])
      expect(
        await reader.series(powerQuery({ device: 'C1', type: cover.id, metric: 'tilt' })),
      ).toEqual([{ t: NOON, v: 4.25 }])
    })

    it('merges readings of the same device and time, the later one wins', async () => {
      const { store, reader } = await subject()
      await store.write([reading(1, NOON, { power: 1, lamp_on: 1 })], at(1))
      await store.write([reading(2, NOON, { power: 2 })], at(2))
      await store.write([reading(3, NOON, { battery_pct: 50 })], at(3))
      expect(await reader.series(powerQuery())).toEqual([{ t: NOON, v: 2 }])
      expect(await reader.series(powerQuery({ metric: 'lamp_on' }))).toEqual([{ t: NOON, v: 1 }])
      expect(await reader.series(powerQuery({ metric: 'battery_pct' }))).toEqual([
        { t: NOON, v: 50 },
      ])
      expect(store.counts()).toEqual({ stored: 1, duplicate: 2, revised: 2 })
    })

    it('counts a repetition as duplicate and changes nothing', async () => {
      const { store, reader } = await subject()
      await store.write([reading(1, NOON, { power: 1, lamp_on: 0 })], at(1))
      await store.write([reading(2, NOON, { power: 1, lamp_on: 0 })], at(2))
      await store.write([reading(3, NOON, { power: 1 })], at(3))
      expect(store.counts()).toEqual({ stored: 1, duplicate: 2, revised: 0 })
      expect(await reader.series(powerQuery())).toEqual([{ t: NOON, v: 1 }])
    })

    it('merges within one write, also among readings of one position', async () => {
      const { store, reader } = await subject()
      await store.write(
        [
          reading(1, NOON, { power: 1 }),
          reading(1, NOON, { power: 2 }),
          reading(1, NOON - MINUTE, { power: 3 }),
          reading(2, NOON, { lamp_on: 1 }),
          reading(2, NOON - MINUTE, { power: 3 }),
        ],
        at(2),
      )
      expect(store.counts()).toEqual({ stored: 2, duplicate: 3, revised: 2 })
      expect(await reader.series(powerQuery())).toEqual([
        { t: NOON - MINUTE, v: 3 },
        { t: NOON, v: 2 },
      ])
    })

    it('puts late and unordered readings where they belong, over days', async () => {
      const { store, reader } = await subject()
      const times = [NOON, NOON - 7 * DAY, NOON - HOUR, NOON + 1, NOON - 7 * DAY - 1, NOON - DAY]
      for (const [index, ts] of times.entries())
        await store.write([reading(index + 1, ts, { power: index })], at(index + 1))
      expect(store.counts().stored).toBe(times.length)
      expect(await reader.series(powerQuery())).toEqual(
        times.map((t, v) => ({ t, v })).sort((a, b) => a.t - b.t),
      )
    })

    it('skips what it has applied before, also in another cut and with more behind it', async () => {
      const { store, reader } = await subject()
      const readings = [1, 2, 3, 4, 5, 6].map((n) => reading(n, NOON + n * 10 * HOUR, { power: n }))
      await store.write(readings.slice(0, 4), at(4))
      const counts = store.counts()
      await store.write(readings.slice(0, 2), at(2))
      await store.write(readings.slice(1, 4), at(4))
      expect(store.counts()).toEqual(counts)
      await store.write(readings.slice(2), at(6))
      expect(store.counts()).toEqual({ stored: 6, duplicate: 0, revised: 0 })
      expect((await reader.series(powerQuery())).length).toBe(6)
    })

    it('does not let an old write put back an old value', async () => {
      const { store, reader } = await subject()
      await store.write([reading(1, NOON, { power: 1 })], at(1))
      await store.write([reading(2, NOON, { power: 2 })], at(2))
      await store.write([reading(1, NOON, { power: 1 })], at(1))
      expect(await reader.series(powerQuery())).toEqual([{ t: NOON, v: 2 }])
    })

    if (keeps)
      it('keeps readings, counts and positions when it is opened again', async () => {
        const first = await subject()
        const readings = [
          reading(1, NOON - 3 * DAY, { power: 1 }),
          reading(2, NOON, { power: 2 }),
          reading(3, NOON, { power: 3 }),
        ]
        await first.store.write(readings, at(3))
        const second = await first.reopen()
        opened.push(second)
        expect(second.store.counts()).toEqual({ stored: 2, duplicate: 1, revised: 1 })
        await second.store.write(readings, at(3))
        await second.store.write([...readings, reading(4, NOON, { power: 3 })], at(4))
        expect(second.store.counts()).toEqual({ stored: 2, duplicate: 2, revised: 1 })
        expect(await second.reader.series(powerQuery())).toEqual([
          { t: NOON - 3 * DAY, v: 1 },
          { t: NOON, v: 3 },
        ])
      })

    it('answers an unknown device, an empty span and an unused metric with nothing', async () => {
      const { store, reader } = await subject()
      expect(await reader.series(powerQuery())).toEqual([])
      await store.write([reading(1, NOON, { power: 1 })], at(1))
      for (const window of ['raw', '1m', '1h', '1d'] as const) {
        expect(await reader.series(powerQuery({ window, device: 'nobody' }))).toEqual([])
        expect(await reader.series(powerQuery({ window, to: NOON }))).toEqual([])
        expect(await reader.series(powerQuery({ window, metric: 'snr' }))).toEqual([])
        expect(await reader.series(powerQuery({ window, type: cover.id, metric: 'tilt' }))).toEqual(
          [],
        )
      }
    })

    it('takes from inclusive and to exclusive', async () => {
      const { store, reader } = await subject()
      await store.write(
        [0, 1, 2, 3].map((n) => reading(n + 1, NOON + n, { power: n })),
        at(4),
      )
      expect(await reader.series(powerQuery({ from: NOON + 1, to: NOON + 3 }))).toEqual([
        { t: NOON + 1, v: 1 },
        { t: NOON + 2, v: 2 },
      ])
      expect(
        await reader.series(powerQuery({ from: NOON + 1, to: NOON + 3, window: '1m' })),
      ).toEqual([{ t: NOON, count: 2, min: 1, max: 2, mean: 1.5, last: 2 }])
    })

    it('gives the oldest points when there are more than the limit', async () => {
      const { store, reader } = await subject()
      await store.write(
        Array.from({ length: 60 }, (_, n) => reading(n + 1, NOON + n * 5 * HOUR, { power: n })),
        at(60),
      )
      for (const window of ['raw', '1m', '1h', '1d'] as const) {
        const all = await reader.series(powerQuery({ window }))
        for (const limit of [1, 7, all.length])
          expect(await reader.series(powerQuery({ window, limit }))).toEqual(all.slice(0, limit))
      }
    })

    it('counts only values that are there, and takes the last of them', async () => {
      const { store, reader } = await subject()
      await store.write(
        [
          reading(1, NOON, { power: 4, lamp_on: 1 }),
          reading(2, NOON + 1000, { power: 8 }),
          reading(3, NOON + 2000, { lamp_on: 0 }),
          reading(4, NOON + 3000, { power: Number.NaN, lamp_on: Number.NaN }),
        ],
        at(4),
      )
      expect(await reader.series(powerQuery({ window: '1m' }))).toEqual([
        { t: NOON, count: 2, min: 4, max: 8, mean: 6, last: 8 },
      ])
      expect(await reader.series(powerQuery({ window: '1h', metric: 'lamp_on' }))).toEqual([
        { t: NOON, count: 2, min: 0, max: 1, mean: 0.5, last: 0 },
      ])
    })

    it.each([
      // The city's day begins at 16:00 UTC: inside a UTC day.
      ['Asia/Shanghai', '2026-11-01T15:59:59.999Z', '2026-11-01T16:00:00Z'],
      // Summer time ends: a day of 25 hours, then it begins: one of 23.
      ['Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-25T23:00:00Z'],
      ['Europe/Berlin', '2026-10-24T21:59:59.999Z', '2026-10-24T22:00:00Z'],
      ['America/New_York', '2026-03-09T03:59:59.999Z', '2026-03-09T04:00:00Z'],
      ['Asia/Kolkata', '2026-11-01T18:29:59.999Z', '2026-11-01T18:30:00Z'],
      // Midnight does not exist: the clock goes from 24:00 to 01:00.
      ['Africa/Cairo', '2026-04-23T21:59:59.999Z', '2026-04-23T22:00:00Z'],
    ])('begins a day of %s between %s and %s', async (timeZone, before, after) => {
      const { store, reader } = await subject(timeZone)
      const [left, right] = [Date.parse(before), Date.parse(after)]
      await store.write([reading(1, left, { power: 1 }), reading(2, right, { power: 2 })], at(2))
      const span = { from: left - 2 * DAY, to: right + 2 * DAY }
      const days = await reader.series(powerQuery({ window: '1d', ...span }))
      expect(days).toEqual([
        {
          t: startOfWindow('1d', left, timeZone),
          count: 1,
          min: 1,
          max: 1,
          mean: 1,
          last: 1,
        },
        { t: right, count: 1, min: 2, max: 2, mean: 2, last: 2 },
      ])
    })

    it.each([
      ['Asia/Kolkata', '2026-11-01T18:40:00Z', '2026-11-01T18:30:00Z'],
      // The clock goes from 03:00 back to 02:00: the second hour from 02:00 is an hour of its own.
      ['Europe/Berlin', '2026-10-25T00:10:00Z', '2026-10-25T00:00:00Z'],
      ['Europe/Berlin', '2026-10-25T01:10:00Z', '2026-10-25T01:00:00Z'],
      // From 02:00 back to 01:30, and half a year later from 02:00 on to 02:30.
      ['Australia/Lord_Howe', '2026-04-04T14:50:00Z', '2026-04-04T14:00:00Z'],
      ['Australia/Lord_Howe', '2026-04-04T15:10:00Z', '2026-04-04T15:00:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T15:59:00Z', '2026-10-03T15:30:00Z'],
    ])('puts a value in %s at %s into the hour from %s', async (timeZone, ts, start) => {
      const { store, reader } = await subject(timeZone)
      const t = Date.parse(ts)
      await store.write([reading(1, t, { power: 5 })], at(1))
      const points = await reader.series(powerQuery({ window: '1h', from: t - DAY, to: t + DAY }))
      expect(points.map((point) => point.t)).toEqual([Date.parse(start)])
    })

    it.each([
      ['Asia/Shanghai', '2026-11-01T00:00:00Z'],
      ['Europe/Berlin', '2026-10-24T12:00:00Z'],
      ['America/New_York', '2026-03-07T12:00:00Z'],
      ['Australia/Lord_Howe', '2026-04-04T00:00:00Z'],
      ['Asia/Kathmandu', '2026-11-01T00:00:00Z'],
    ])('windows in %s equal a brute-force computation', async (timeZone, start) => {
      const { store, reader } = await subject(timeZone)
      let position = 0
      let run = 0
      const offset = fc.oneof(
        fc.integer({ min: 0, max: 2 * DAY }),
        fc.integer({ min: 0, max: 200 }).map((quarter) => quarter * 15 * MINUTE),
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(offset, fc.integer({ min: -50, max: 50 })), { maxLength: 40 }),
          fc.constantFrom('1m', '1h', '1d'),
          fc.tuple(offset, offset),
          fc.integer({ min: 1, max: 30 }),
          async (samples, window, [one, other], limit) => {
            // A device of its own for every run keeps the runs apart in one store.
            const device = `L${++run}`
            const zero = Date.parse(start)
            const from = zero + Math.min(one, other)
            const to = zero + Math.max(one, other) + 1
            const values = new Map<number, number>()
            const readings = samples.map(([ms, power]) => {
              values.set(zero + ms, power)
              return reading(++position, zero + ms, { power }, { device })
            })
            await store.write(readings, at(++position))
            const points = await reader.series(powerQuery({ device, from, to, window, limit }))
            const expected = bruteForceWindows(values, { from, to, window, timeZone })
            expect(points).toEqual(expected.slice(0, limit))
          },
        ),
        { numRuns: 25 },
      )
    })

    it('holds the same as a table of cells, whatever is written, and counts it exactly', async () => {
      const sample = fc.record({
        device: fc.constantFrom('L1', 'L2'),
        ts: fc.integer({ min: 0, max: 6 }).map((step) => NOON + step * 5 * HOUR),
        power: fc.constantFrom(Number.NaN, 0, 1),
        lamp_on: fc.constantFrom(Number.NaN, 0, 1),
      })
      const { store, reader } = await subject()
      const expected = { stored: 0, duplicate: 0, revised: 0 }
      let position = 0
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(sample, { maxLength: 30 })), async (writes) => {
          run++
          const rows = new Map<string, { power: number; lamp_on: number }>()
          for (const samples of writes) {
            const readings = samples.map(({ ts, power, lamp_on, ...one }) => {
              const device = `${one.device}-${run}`
              const key = `${device} ${ts}`
              const row = rows.get(key)
              if (row === undefined) {
                rows.set(key, { power, lamp_on })
                expected.stored++
              } else {
                const before = JSON.stringify(row)
                if (!Number.isNaN(power)) row.power = power
                if (!Number.isNaN(lamp_on)) row.lamp_on = lamp_on
                expected.duplicate++
                if (JSON.stringify(row) !== before) expected.revised++
              }
              return reading(++position, ts, { power, lamp_on }, { device })
            })
            await store.write(readings, at(++position))
            await store.write(readings, at(position))
          }
          expect(store.counts()).toEqual(expected)
          for (const device of [`L1-${run}`, `L2-${run}`])
            for (const metric of ['power', 'lamp_on'] as const) {
              const points: Point[] = [...rows]
                .filter(([key, row]) => key.startsWith(device) && !Number.isNaN(row[metric]))
                .map(([key, row]) => ({ t: Number(key.split(' ')[1]), v: row[metric] }))
                .sort((a, b) => a.t - b.t)
              expect(await reader.series(powerQuery({ device, metric }))).toEqual(points)
            }
        }),
        { numRuns: 25 },
      )
    })

    it.each([
      ['an unknown type', reading(1, NOON, { power: 1 }, { type: 'spaceship' })],
      ['another number of values', reading(1, NOON, {}, { values: [1, 2] })],
      ['no time', reading(1, Number.NaN, { power: 1 })],
      ['a position behind the write', reading(2, NOON, { power: 1 })],
    ])('refuses a reading with %s and keeps nothing of that write', async (_what, wrong) => {
      const { store, reader } = await subject()
      const good = reading(1, NOON, { power: 1 })
      await expect(store.write([good, wrong], at(1))).rejects.toThrow(RangeError)
      expect(await reader.series(powerQuery())).toEqual([])
      await store.write([good], at(1))
      expect(store.counts()).toEqual({ stored: 1, duplicate: 0, revised: 0 })
    })

    it.each([
      ['a metric the type does not have', { metric: 'tilt' }],
      ['a type there is not', { type: 'spaceship' }],
      ['a span of nothing', { from: NOON, to: NOON }],
      ['a span that is no number', { from: Number.NaN }],
      ['a limit of nothing', { limit: 0 }],
    ] satisfies [string, Partial<SeriesQuery>][])('refuses to read %s', async (_what, wrong) => {
      const { reader } = await subject()
      await expect(reader.series(powerQuery(wrong))).rejects.toThrow(RangeError)
    })

    it('takes an empty write, and sync at any time', async () => {
      const { store } = await subject()
      await store.sync()
      await store.write([], at(5))
      await store.sync()
      await store.write([reading(6, NOON, { power: 1 })], at(6))
      await store.sync()
      await store.sync()
      expect(store.counts().stored).toBe(1)
    })
  })
}
