// How queries read: what they ask the store for, where they stop, what they refuse, what retention has left.

import { describe, expect, it } from 'vitest'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { positionAt } from '../../../src/core/position.ts'
import {
  telemetryWindows,
  type GroupQuery,
  type SeriesQuery,
  type TelemetryStore,
  type TelemetryWindow,
} from '../../../src/ports.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import { createPlainReader } from '../../../src/store/telemetry/plain-reader.ts'
import { createTelemetryQueries } from '../../../src/store/telemetry/queries.ts'
import { contractTypes, lamp, NOON, powerQuery, reading } from '../../contracts/telemetry-store.ts'
import { mixed, rolledUp, watched } from './queries-model.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const minuteByMinute = (device: string, count: number): Reading[] =>
  Array.from({ length: count }, (_, n) => reading(1, NOON + n * MINUTE, { power: n }, { device }))

async function lampStore(readings: readonly Reading[]): Promise<TelemetryStore> {
  const store = createMemoryTelemetry({ types: contractTypes })
  await store.write(readings, positionAt(1), NOON)
  return store
}

describe('queries', () => {
  const windowAt = createLocalWindows('Asia/Shanghai')

  it('send only the stale devices to what their windows were made of', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `L${n}`)
    const { store, progress } = await rolledUp({
      type: lamp,
      windowAt,
      early: names.flatMap((device) => minuteByMinute(device, 30)),
      late: [reading(1, NOON + 3.5 * MINUTE, { power: 5 }, { device: 'L17' })],
      through: { '1m': NOON + HOUR, '1h': NOON + HOUR, '1d': NOON },
    })
    const watch = watched(store)
    const queries = createTelemetryQueries({
      store: watch.store,
      progress,
      types: contractTypes,
      windowAt,
      keptSince: () => 0,
    })
    const series = await queries.series(
      powerQuery({ devices: names, window: '1h', from: NOON, to: NOON + HOUR }),
    )
    expect(series.map(({ points }) => points.length)).toEqual(names.map(() => 1))
    expect(series[17]?.points).toMatchObject([{ count: 31 }])
    expect(watch.asked).toEqual([
      `1h ${names.filter((name) => name !== 'L17').join(',')} 60min`,
      'raw L17 60min',
    ])
  })

  it('stop reading once every device has its points', async () => {
    const store = await lampStore(minuteByMinute('L1', 20_000))
    const watch = watched(store)
    const reader = createPlainReader({
      store: watch.store,
      types: contractTypes,
      timeZone: 'Asia/Shanghai',
    })
    for (const window of ['raw', '1m', '1h'] as const) {
      watch.rows.length = 0
      const [series] = await reader.series(powerQuery({ window, limit: 10 }))
      expect(series?.points).toHaveLength(10)
      expect(watch.rows).toEqual([4_096])
    }
  })

  it('give an export in batches as it is asked for, and read no further', async () => {
    const store = await lampStore([
      ...minuteByMinute('L1', 9_000),
      ...minuteByMinute('L2', 9_000),
      ...minuteByMinute('L3', 10),
      ...minuteByMinute('L4', 10),
    ])
    const watch = watched(store)
    const reader = createPlainReader({
      store: watch.store,
      types: contractTypes,
      timeZone: 'Asia/Shanghai',
    })
    const query = { ...powerQuery(), metrics: ['power'], devices: ['L1', 'L2', 'L3', 'L4'] }
    const sizes: number[] = []
    for await (const batch of reader.rows(query)) {
      sizes.push(batch.length)
      if (sizes.length === 2) break
    }
    expect(watch.asked).toHaveLength(1)
    expect(watch.rows).toEqual([4_096, 4_096])

    const all = await Array.fromAsync(reader.rows(query))
    for (const batch of all.slice(0, -1)) expect(batch.length).toBe(4_000)
    expect(all.flat()).toHaveLength(18_020)
  })

  it('put many small devices of an export together, and give up when they are too large', async () => {
    const names = Array.from({ length: 60 }, (_, n) => `L${n}`)
    const store = await lampStore(
      names.flatMap((device, n) => minuteByMinute(device, n < 40 ? 2 : 2_000)),
    )
    const watch = watched(store)
    const reader = createPlainReader({
      store: watch.store,
      types: contractTypes,
      timeZone: 'Asia/Shanghai',
    })
    const rows = (
      await Array.fromAsync(
        reader.rows({ ...powerQuery(), metrics: ['power'], devices: names, window: '1m' }),
      )
    ).flat()
    expect(rows).toHaveLength(40 * 2 + 20 * 2_000)
    expect([...new Set(rows.map((row) => row.device))]).toEqual(names)
    expect(watch.asked.length).toBeLessThan(names.length)
  })

  it('answer beyond retention with the windows that are kept', async () => {
    const readings = Array.from({ length: 3 * 24 * 4 }, (_, n) =>
      reading(1, NOON + n * 15 * MINUTE, { power: 1 }),
    )
    const { store, progress } = await rolledUp({
      type: lamp,
      windowAt,
      early: readings,
      late: [],
      through: { '1m': NOON + 9 * DAY, '1h': NOON + 9 * DAY, '1d': NOON + 9 * DAY },
    })
    // Local midnights are at 16:00 UTC.
    const [firstMidnight, secondMidnight] = [NOON + 4 * HOUR, NOON + 4 * HOUR + DAY]
    await store.drop('raw', lamp.id, secondMidnight)
    await store.drop('1m', lamp.id, secondMidnight)
    await store.drop('1h', lamp.id, firstMidnight)
    const queries = createTelemetryQueries({
      store,
      progress,
      types: contractTypes,
      windowAt,
      keptSince: (level) =>
        ({ raw: secondMidnight, '1m': secondMidnight, '1h': firstMidnight, '1d': 0 })[level],
    })
    const ask = async (window: TelemetryWindow, from: number, to: number) =>
      (await queries.series(powerQuery({ window, from, to })))[0]?.points.map((point) => [
        point.t - NOON,
        'count' in point ? point.count : 1,
        // Those that are not as long as asked say so.
        ...('spanMs' in point ? [point.spanMs] : []),
      ])
    // The first day as a whole, then hours, then what was asked for.
    expect(await ask('15m', NOON + HOUR, secondMidnight + HOUR)).toEqual([
      [-20 * HOUR, 16, DAY],
      ...Array.from({ length: 24 }, (_, n) => [(4 + n) * HOUR, 4, HOUR]),
      ...Array.from({ length: 4 }, (_, n) => [28 * HOUR + n * 15 * MINUTE, 1]),
    ])
    expect(await ask('1h', firstMidnight + 10 * MINUTE, firstMidnight + 70 * MINUTE)).toEqual([
      [4 * HOUR, 4],
      [5 * HOUR, 4],
    ])
    expect(await ask('6h', NOON, firstMidnight + 6 * HOUR)).toEqual([
      [-20 * HOUR, 16, DAY],
      [4 * HOUR, 24],
    ])
    const span = { from: NOON + HOUR, to: firstMidnight + HOUR }
    const groups = [{ key: 'all', devices: ['L1'] }]
    const [group] = await queries.groups({ ...powerQuery(span), window: '1h', groups })
    expect(group?.points.map(({ count, spanMs }) => [count, spanMs])).toEqual([
      [16, DAY],
      [4, undefined],
    ])
    const rows = await Array.fromAsync(
      queries.rows({ ...powerQuery(span), window: '1h', metrics: ['battery_pct', 'power'] }),
    )
    expect(rows.flat()).toMatchObject([
      { summaries: [null, { count: 16, spanMs: DAY }] },
      { summaries: [null, { count: 4 }] },
    ])
    expect(await ask('raw', NOON, secondMidnight + 30 * MINUTE)).toEqual([
      [28 * HOUR, 1],
      [28 * HOUR + 15 * MINUTE, 1],
    ])
    expect(await ask('1d', NOON - 300 * DAY, secondMidnight)).toEqual([
      [-20 * HOUR, 16],
      [4 * HOUR, 96],
    ])
  })

  it('read no further for groups than the limit lets through', async () => {
    // Readings of the last hour are not rolled up yet: a piece of its own.
    const { store, progress } = await rolledUp({
      type: lamp,
      windowAt,
      early: ['L1', 'L2'].flatMap((device) => minuteByMinute(device, 180)),
      late: [],
      through: { '1m': NOON + 2 * HOUR, '1h': NOON + 2 * HOUR, '1d': NOON },
    })
    const watch = watched(store)
    const queries = createTelemetryQueries({
      store: mixed(watch.store),
      progress,
      types: contractTypes,
      windowAt,
      keptSince: () => 0,
    })
    const ask = async (limit: number) => {
      watch.asked.length = 0
      const [group] = await queries.groups({
        ...powerQuery({ from: NOON, to: NOON + 3 * HOUR, limit }),
        window: '1h',
        groups: [
          { key: 'both', devices: ['L1', 'L2'] },
          { key: 'none', devices: [] },
        ],
      })
      return {
        counts: group?.points.map(({ count, devices }) => [count, devices]),
        levels: watch.asked.map((line) => line.split(' ')[0]),
      }
    }
    const hour = [120, 2]
    expect(await ask(1)).toEqual({ counts: [hour], levels: ['1h'] })
    expect(await ask(2)).toEqual({ counts: [hour, hour], levels: ['1h'] })
    expect(await ask(3)).toEqual({ counts: [hour, hour, hour], levels: ['1h', 'raw'] })
  })

  it.each([
    ['a metric the type does not have', { metric: 'tilt' }, /expected a metric of type/],
    ['a type there is not', { type: 'spaceship' }, /expected a known device type/],
    ['a span of nothing', { from: NOON, to: NOON }, /expected from < to/],
    ['a span that is no number', { from: Number.NaN }, /expected from < to/],
    ['a limit of nothing', { limit: 0 }, /expected limit from 1/],
    ['a window there is not', { window: '2m' as '1m' }, /expected a window of raw, 1m/],
    [
      'more than a thousand devices',
      { devices: Array.from({ length: 1_001 }, (_, n) => `L${n}`) },
      /expected devices from 1 to 1000, got 1001/,
    ],
  ] satisfies [string, Partial<SeriesQuery>, RegExp][])(
    'refuse to read %s',
    async (_what, wrong, message) => {
      const store = await lampStore([])
      const reader = createPlainReader({ store, types: contractTypes, timeZone: 'Asia/Shanghai' })
      await expect(reader.series(powerQuery(wrong))).rejects.toThrow(RangeError)
      await expect(reader.series(powerQuery(wrong))).rejects.toThrow(message)
    },
  )

  it('refuse a device that is in two groups', async () => {
    const store = await lampStore([])
    const reader = createPlainReader({ store, types: contractTypes, timeZone: 'Asia/Shanghai' })
    const query: GroupQuery = {
      ...powerQuery(),
      window: '1h',
      groups: [
        { key: 'a', devices: ['L1', 'L2'] },
        { key: 'b', devices: ['L2'] },
      ],
    }
    await expect(reader.groups(query)).rejects.toThrow('got "L2" twice')
    expect(() => reader.rows({ ...powerQuery(), metrics: ['tilt'] })).toThrow(RangeError)
  })

  it('take a span of all times and no devices at all', async () => {
    const store = await lampStore(minuteByMinute('L1', 3))
    const reader = createPlainReader({ store, types: contractTypes, timeZone: 'Asia/Shanghai' })
    const ever = { from: -8.7e15, to: 8.7e15 }
    for (const window of telemetryWindows) {
      const [series] = await reader.series(powerQuery({ ...ever, window }))
      expect(series?.points).toHaveLength(window === 'raw' || window === '1m' ? 3 : 1)
      expect(await reader.series(powerQuery({ ...ever, window, devices: [] }))).toEqual([])
    }
    expect(await reader.groups({ ...powerQuery(ever), window: '1d', groups: [] })).toEqual([])
    expect(await reader.expired()).toEqual([])
  })
})
