// The part of the telemetry stores' suite on windows: put, replaced and read at each level, with everything a summary holds.

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { metricsOf, type DeviceType } from '../../src/core/device-type.ts'
import { joinSummaries, summaryOf, type Summary } from '../../src/core/telemetry/summary.ts'
import { rollupLevels, type RowQuery, type WindowRow } from '../../src/ports.ts'
import { DAY, HOUR, lamp, meter, MINUTE, NOON, rowQuery } from './telemetry-readings.ts'
import { comparableWindow, windowsOf } from './telemetry-rows.ts'
import type { TelemetryCases } from './telemetry-store.ts'

/** Windows of all levels start here: a local day of Asia/Shanghai. */
const MIDNIGHT = Date.UTC(2026, 10, 1, 16)
const STEP = { '1m': MINUTE, '1h': HOUR, '1d': DAY }
const lampMetrics = metricsOf(lamp)
const isCounter = metricsOf(meter).map((metric) => metric.kind === 'counter')

const joined = (...values: readonly [number, ...number[]]): Summary =>
  values.slice(1).map(summaryOf).reduce(joinSummaries, summaryOf(values[0]))

export function windowRow(
  type: DeviceType,
  start: number,
  summaries: Readonly<Record<string, Summary>>,
  more: Partial<WindowRow> = {},
): WindowRow {
  return {
    device: 'L1',
    start,
    simulated: false,
    summaries: metricsOf(type).map((metric) => summaries[metric.id] ?? null),
    ...more,
  }
}

const power = (row: WindowRow): Summary | null | undefined => row.summaries[0]
const lampQuery = (more: Partial<RowQuery> = {}) => rowQuery({ metrics: null, ...more })
const counters = lampMetrics.map(() => false)

export function telemetryWindowCases({ options, subject, reopened }: TelemetryCases): void {
  it.each(rollupLevels)('gives back %s windows, apart from the other levels', async (level) => {
    const { store } = await subject()
    const step = STEP[level]
    const rows = [
      windowRow(lamp, MIDNIGHT, { power: joined(4, 1, 9), lamp_on: joined(1) }),
      windowRow(lamp, MIDNIGHT + step, { power: joined(2) }, { simulated: true }),
      windowRow(lamp, MIDNIGHT, { snr: joined(7, 7, 8) }, { device: 'L2' }),
    ]
    await store.putWindows(level, lamp.id, rows)
    expect(await windowsOf(store, level, lampQuery(), counters)).toEqual(
      rows.map((row) => comparableWindow(row, counters)),
    )
    for (const other of rollupLevels)
      if (other !== level) expect(await windowsOf(store, other, lampQuery(), counters)).toEqual([])
  })

  it.each(rollupLevels)('gives the %s windows that start in the span', async (level) => {
    const { store } = await subject()
    const step = STEP[level]
    const starts = [0, 1, 2, 3].map((n) => MIDNIGHT + n * step)
    await store.putWindows(
      level,
      lamp.id,
      starts.map((start, n) => windowRow(lamp, start, { power: joined(n) })),
    )
    const found = async (from: number, to: number) =>
      (await windowsOf(store, level, lampQuery({ from, to, metrics: ['power'] }), counters)).map(
        ({ start }) => start,
      )
    expect(await found(MIDNIGHT + step, MIDNIGHT + 3 * step)).toEqual(starts.slice(1, 3))
    expect(await found(MIDNIGHT + step + 1, MIDNIGHT + 3 * step + 1)).toEqual(starts.slice(2, 4))
    expect(await found(MIDNIGHT + step - 1, MIDNIGHT + 2 * step - 1)).toEqual(starts.slice(1, 2))
  })

  it.each(rollupLevels)('puts a %s window in the place of the one before', async (level) => {
    const { store } = await subject()
    const next = MIDNIGHT + STEP[level]
    await store.putWindows(level, lamp.id, [
      windowRow(lamp, MIDNIGHT, { power: joined(1) }),
      windowRow(lamp, next, { power: joined(5) }),
    ])
    const better = windowRow(
      lamp,
      MIDNIGHT,
      { power: joined(3, 1, 2), lamp_on: joined(0, 1) },
      { simulated: true },
    )
    for (let times = 0; times < 2; times++) {
      await store.putWindows(level, lamp.id, [better])
      expect(await windowsOf(store, level, lampQuery(), counters)).toEqual([
        comparableWindow(better, counters),
        comparableWindow(windowRow(lamp, next, { power: joined(5) }), counters),
      ])
    }
  })

  it('keeps what counters have gained, of counters', async () => {
    const { store } = await subject()
    const rows = [
      windowRow(meter, MIDNIGHT, {
        volume_total: joined(99_990, 99_998, 3),
        pressure: joined(5, 4),
      }),
      windowRow(meter, MIDNIGHT + MINUTE, { volume_total: joined(4) }),
      windowRow(meter, MIDNIGHT + 2 * MINUTE, { pressure: joined(5) }),
    ]
    await store.putWindows('1m', meter.id, rows)
    const kept = await windowsOf(store, '1m', lampQuery({ type: meter.id }), isCounter)
    expect(kept).toEqual(rows.map((row) => comparableWindow(row, isCounter)))
    expect(kept[0]?.summaries[0]).toEqual({
      count: 3,
      min: 3,
      max: 99_998,
      sum: 199_991,
      first: 99_990,
      last: 3,
      gained: 13,
    })
  })

  it('gives the metrics that are asked for, of the devices that are asked for', async () => {
    const { store } = await subject()
    await store.putWindows(
      '1h',
      lamp.id,
      ['L1', 'L2', 'L3'].map((device, n) =>
        windowRow(lamp, MIDNIGHT, { power: joined(n), lamp_on: joined(1) }, { device }),
      ),
    )
    const query = lampQuery({ devices: ['L3', 'L1', 'nobody'], metrics: ['snr', 'power'] })
    expect(await windowsOf(store, '1h', query, counters)).toEqual(
      [0, 2].map((n) => ({
        device: `L${n + 1}`,
        start: MIDNIGHT,
        simulated: false,
        summaries: [null, { ...joined(n), first: Number.NaN }],
      })),
    )
    expect(await windowsOf(store, '1h', lampQuery({ devices: [] }), counters)).toEqual([])
    expect(await windowsOf(store, '1h', lampQuery({ type: meter.id }), isCounter)).toEqual([])
  })

  it('gives many windows in batches, in order of time for each device', async () => {
    const { store } = await subject()
    const rows = Array.from({ length: 9_000 }, (_, n) =>
      windowRow(
        lamp,
        MIDNIGHT + Math.floor(n / 3) * MINUTE,
        { power: joined(n) },
        { device: `L${n % 3}` },
      ),
    )
    for (const start of [3_000, 0, 6_000])
      await store.putWindows('1m', lamp.id, rows.slice(start, start + 3_000))
    const all = await windowsOf(store, '1m', lampQuery({ metrics: ['power'] }), counters)
    expect(all).toHaveLength(9_000)
    expect(all.map((row) => power(row)?.sum)).toEqual(
      [0, 1, 2].flatMap((first) => Array.from({ length: 3_000 }, (_, n) => first + n * 3)),
    )
  })

  if (options.keeps)
    it('keeps windows when it is opened again', async () => {
      const first = await subject()
      const row = windowRow(lamp, MIDNIGHT, { power: joined(1, 2) })
      for (const level of rollupLevels) await first.store.putWindows(level, lamp.id, [row])
      const second = await reopened(first)
      for (const level of rollupLevels)
        expect(await windowsOf(second.store, level, lampQuery(), counters)).toEqual([
          comparableWindow(row, counters),
        ])
    })

  it('takes no windows without complaint, and refuses those of an unknown type', async () => {
    const { store } = await subject()
    await store.putWindows('1m', lamp.id, [])
    await expect(
      store.putWindows('1m', 'spaceship', [windowRow(lamp, MIDNIGHT, { power: joined(1) })]),
    ).rejects.toThrow(RangeError)
    await expect(windowsOf(store, '1m', lampQuery({ type: 'spaceship' }), [])).rejects.toThrow(
      RangeError,
    )
  })

  it('holds the same as a table of windows, whatever is put', async () => {
    const values = fc.array(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0),
      { minLength: 1, maxLength: 4 },
    )
    const window = fc.record({
      device: fc.constantFrom('M1', 'M2'),
      step: fc.integer({ min: 0, max: 5 }),
      simulated: fc.boolean(),
      volume: values,
      pressure: values,
    })
    const { store } = await subject()
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...rollupLevels),
        fc.array(fc.array(window, { maxLength: 8 }), { maxLength: 4 }),
        async (level, puts) => {
          run++
          const table = new Map<string, WindowRow>()
          for (const windows of puts) {
            const rows = new Map<string, WindowRow>()
            for (const { volume, pressure, ...one } of windows) {
              const row = windowRow(
                meter,
                MIDNIGHT + one.step * 37 * STEP[level],
                { volume_total: joinedOf(volume), pressure: joinedOf(pressure) },
                { device: `${one.device}-${run}`, simulated: one.simulated },
              )
              rows.set(`${row.device} ${row.start}`, row)
            }
            for (const [key, row] of rows) table.set(key, row)
            await store.putWindows(level, meter.id, [...rows.values()])
          }
          const query = lampQuery({
            type: meter.id,
            devices: [`M1-${run}`, `M2-${run}`],
            to: NOON + 400 * DAY,
          })
          expect(await windowsOf(store, level, query, isCounter)).toEqual(
            [...table.values()]
              .sort((a, b) => a.device.localeCompare(b.device) || a.start - b.start)
              .map((row) => comparableWindow(row, isCounter)),
          )
        },
      ),
      { numRuns: options.runs ?? 25 },
    )
  })
}

function joinedOf(values: readonly number[]): Summary {
  const [first = 0, ...others] = values
  return joined(first, ...others)
}
