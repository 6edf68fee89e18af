// What a counter's first increase of a chart counts from.

import { describe, expect, it } from 'vitest'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { commonMetrics } from '../../../src/core/device-type.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { TelemetryWindow } from '../../../src/ports.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import { createPlainReader } from '../../../src/store/telemetry/plain-reader.ts'
import { createTelemetryQueries } from '../../../src/store/telemetry/queries.ts'
import {
  contractTypes,
  meter,
  NOON,
  powerQuery,
  reading,
  typeWith,
} from '../../contracts/telemetry-store.ts'
import { rolledUp, watched } from './queries-model.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('queries of counters', () => {
  const windowAt = createLocalWindows('Asia/Shanghai')

  it('count an increase from the reading before the chart, however it is kept', async () => {
    const register = (t: number, volume_total: number) =>
      reading(1, t, { volume_total }, { device: 'M1', type: meter.id })
    const { store, progress } = await rolledUp({
      type: meter,
      windowAt,
      early: [register(NOON - 30 * DAY, 100), register(NOON, 250), register(NOON + HOUR, 260)],
      late: [],
      through: { '1m': NOON + DAY, '1h': NOON + DAY, '1d': NOON + DAY },
    })
    const queries = createTelemetryQueries({
      store,
      progress,
      types: contractTypes,
      windowAt,
      keptSince: (level) => (level === 'raw' ? NOON - 9 * DAY : 0),
    })
    const ask = async (window: TelemetryWindow, from: number) =>
      (
        await queries.series({
          ...powerQuery({ window, from, devices: ['M1'] }),
          type: meter.id,
          metric: 'volume_total',
        })
      )[0]?.points.map((point) => ('increase' in point ? point.increase : null))
    expect(await ask('1d', NOON - DAY)).toEqual([160])
    expect(await ask('6h', NOON + 1)).toEqual([10])
    expect(await ask('1h', NOON - DAY)).toEqual([150, 10])
    expect(await ask('1h', NOON - 40 * DAY)).toEqual([0, 150, 10])
    expect(await ask('1h', NOON + HOUR - 1)).toEqual([10])
    // Further back than 40 days nobody looks.
    expect(await ask('1m', NOON - 30 * DAY + 40 * DAY + 1)).toEqual([])
  })

  it.each(['1m', '15m', '1h', '6h', '1d'] as const)(
    'give a %s increase that does not depend on where the chart begins',
    async (window) => {
      const register = (t: number, volume_total: number) =>
        reading(1, t, { volume_total }, { device: 'M1', type: meter.id })
      for (const ago of [3 * DAY, 39 * DAY]) {
        const { store, progress } = await rolledUp({
          type: meter,
          windowAt,
          early: [register(NOON - ago, 100), register(NOON, 400)],
          late: [],
          through: { '1m': NOON, '1h': NOON, '1d': NOON },
        })
        const rolled = { store, progress, types: contractTypes, windowAt, keptSince: () => 0 }
        for (const reader of [
          createTelemetryQueries(rolled),
          createPlainReader({ store, types: contractTypes, timeZone: 'Asia/Shanghai' }),
        ])
          for (const from of [NOON - ago - DAY, NOON - 2 * HOUR, NOON]) {
            const query = powerQuery({ window, from, to: NOON + HOUR, devices: ['M1'] })
            const [series] = await reader.series({
              ...query,
              type: meter.id,
              metric: 'volume_total',
            })
            expect(series?.points.at(-1)).toMatchObject({ increase: 300 })
          }
      }
    },
  )

  it('look back for a silent counter day by day where nothing is rolled up', async () => {
    const store = createMemoryTelemetry({ types: contractTypes })
    const minutes = Array.from({ length: 10 * 24 * 60 }, (_, n) =>
      reading(
        1,
        NOON - 15 * DAY + n * MINUTE,
        { volume_total: n },
        { device: 'M1', type: meter.id },
      ),
    )
    await store.write(minutes, positionAt(1), NOON)
    const watch = watched(store)
    const reader = createPlainReader({
      store: watch.store,
      types: contractTypes,
      timeZone: 'Asia/Shanghai',
    })
    const query = powerQuery({ window: '1h', from: NOON, to: NOON + HOUR, devices: ['M1', 'M2'] })
    await reader.series({ ...query, type: meter.id, metric: 'volume_total' })
    const [asked, rows] = [watch.asked.length, watch.rows.reduce((sum, count) => sum + count, 0)]
    expect(rows).toBeLessThanOrEqual(24 * 60)
    expect(asked).toBeLessThan(50)
    // The one that has been found is asked for no more.
    expect(watch.asked.filter((line) => line.startsWith('raw M2 ')).length).toBeGreaterThan(30)
  })

  it('count the increase of a window taken whole from before its beginning', async () => {
    const register = (minutes: number, volume_total: number) =>
      reading(1, NOON + minutes * MINUTE, { volume_total }, { device: 'M1', type: meter.id })
    const { store, progress } = await rolledUp({
      type: meter,
      windowAt,
      early: [register(-30, 100), register(10, 110), register(40, 130), register(70, 150)],
      late: [],
      through: { '1m': NOON + DAY, '1h': NOON + DAY, '1d': NOON + DAY },
    })
    const queries = createTelemetryQueries({
      store,
      progress,
      types: contractTypes,
      windowAt,
      keptSince: (level) => (level === '1h' || level === '1d' ? 0 : NOON + DAY),
    })
    const [series] = await queries.series({
      ...powerQuery({ window: '1h', from: NOON + 20 * MINUTE, devices: ['M1'] }),
      type: meter.id,
      metric: 'volume_total',
    })
    expect(series?.points).toMatchObject([
      { t: NOON, count: 2, increase: 30 },
      { t: NOON + HOUR, count: 1, increase: 20 },
    ])
  })

  it('look for each counter of an export by itself', async () => {
    const twin = typeWith('hydrant', ['a_total', 'b_total'])
    const store = createMemoryTelemetry({ types: [twin] })
    const at = (hours: number, a: number, b: number): Reading => ({
      ...reading(1, NOON + hours * HOUR, {}, { device: 'H1', type: twin.id }),
      values: [a, b, ...commonMetrics.map(() => Number.NaN)],
    })
    await store.write([at(-30, 1, 10), at(-0.5, 5, Number.NaN), at(0, 7, 70)], positionAt(1), NOON)
    const reader = createPlainReader({ store, types: [twin], timeZone: 'Asia/Shanghai' })
    const query = powerQuery({ from: NOON, devices: ['H1'], window: '1h' })
    const rows = (
      await Array.fromAsync(
        reader.rows({ ...query, type: twin.id, metrics: ['battery_pct', 'b_total', 'a_total'] }),
      )
    ).flat()
    expect(rows).toMatchObject([{ summaries: [null, { increase: 60 }, { increase: 2 }] }])
  })
})
