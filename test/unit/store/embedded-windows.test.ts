import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { metricsOf } from '../../../src/core/device-type.ts'
import { summaryOf, type Summary } from '../../../src/core/telemetry/summary.ts'
import {
  rollupLevels,
  TelemetryUnavailable,
  type RollupLevel,
  type TelemetryStore,
  type WindowRow,
} from '../../../src/ports.ts'
import {
  DAY,
  HOUR,
  lamp,
  meter,
  MINUTE,
  NOON,
  reading,
  rowQuery,
  typeWith,
} from '../../contracts/telemetry-readings.ts'
import { readingsOf, windowsOf } from '../../contracts/telemetry-rows.ts'
import { countsOf, useEmbedded } from './embedded-stores.ts'

const two: Summary = { count: 2, min: 1, max: 3, sum: 4, first: 1, last: 3, gained: 2 }
const asNumber = (summary: Summary): Summary => ({ ...summary, first: Number.NaN, gained: 0 })

function lampWindow(start: number, power: Summary, more: Partial<WindowRow> = {}): WindowRow {
  const summaries = metricsOf(lamp).map((metric) => (metric.id === 'power' ? power : null))
  return { device: 'L1', start, simulated: false, summaries, ...more }
}

const startsOf = async (store: TelemetryStore, level: RollupLevel, more = {}): Promise<number[]> =>
  (await windowsOf(store, level, rowQuery({ from: 0, to: NOON + 4_000 * DAY, ...more }), [])).map(
    (row) => row.start,
  )

describe('embedded windows', () => {
  const { openStore, directory, endAll } = useEmbedded()
  const filesOf = (level: string): string[] =>
    readdirSync(join(directory(), lamp.id, level)).filter((name) => name.endsWith('.db'))

  it('stand in private files of a day, a month and a year', async () => {
    const store = openStore()
    // One millisecond to the end of the year UTC, and its beginning.
    const year = Date.UTC(2027, 0)
    for (const level of rollupLevels)
      await store.putWindows(
        level,
        lamp.id,
        [year - MINUTE, year, year + 32 * DAY].map((start) => lampWindow(start, two)),
      )
    expect(filesOf('1m')).toEqual(['2026-12-31.db', '2027-01-01.db', '2027-02-02.db'])
    expect(filesOf('1h')).toEqual(['2026-12.db', '2027-01.db', '2027-02.db'])
    expect(filesOf('1d')).toEqual(['2026.db', '2027.db'])
    for (const name of filesOf('1h'))
      expect(statSync(join(directory(), lamp.id, '1h', name)).mode & 0o777).toBe(0o600)
    for (const level of rollupLevels)
      expect(await startsOf(store, level)).toEqual([year - MINUTE, year, year + 32 * DAY])
  })

  it('keep first and gained of counters only', async () => {
    const store = openStore()
    const summaries = metricsOf(meter).map((metric) =>
      ['volume_total', 'pressure'].includes(metric.id) ? two : null,
    )
    await store.putWindows('1h', meter.id, [
      { device: 'W1', start: NOON, simulated: false, summaries },
    ])
    const query = rowQuery({ type: meter.id, metrics: ['pressure', 'volume_total'] })
    for await (const rows of store.windows('1h', query))
      expect(rows[0]?.summaries).toEqual([asNumber(two), two])
  })

  it('of thousands of devices come back in batches, and the last one put counts', async () => {
    const store = openStore()
    const rows = Array.from({ length: 6_000 }, (_, n) =>
      lampWindow(NOON, summaryOf(n), { device: `L${n}`, simulated: n % 7 === 0 }),
    )
    await store.putWindows('1m', lamp.id, [...rows].reverse())
    await store.putWindows('1m', lamp.id, [
      lampWindow(NOON, two, { device: 'L17' }),
      lampWindow(NOON, summaryOf(5), { device: 'L17', simulated: true }),
    ])
    const all = await windowsOf(store, '1m', rowQuery(), [])
    expect(all).toHaveLength(6_000)
    expect(all.find((row) => row.device === 'L17')).toEqual({
      device: 'L17',
      start: NOON,
      simulated: true,
      summaries: [asNumber(summaryOf(5))],
    })
    expect(all.filter((row) => row.simulated)).toHaveLength(858 + 1)
    // Many of them, and few.
    const many = Array.from({ length: 2_000 }, (_, n) => `L${n * 3}`)
    expect(await windowsOf(store, '1m', rowQuery({ devices: many }), [])).toHaveLength(2_000)
    expect(await windowsOf(store, '1m', rowQuery({ devices: ['L9', 'no'] }), [])).toHaveLength(1)
  })

  it('stay readable when the type gains, loses and reorders metrics', async () => {
    const before = typeWith(lamp.id, ['power', 'lamp_on'])
    const after = typeWith(lamp.id, ['dimming', 'lamp_on'])
    const rowOf = (type: typeof before, start: number, metric: string): WindowRow => ({
      device: 'L1',
      start,
      simulated: false,
      summaries: metricsOf(type).map(({ id }) => (id === metric ? two : null)),
    })
    const older = openStore({ types: [before] })
    await older.putWindows('1h', lamp.id, [
      rowOf(before, NOON, 'lamp_on'),
      rowOf(before, NOON + HOUR, 'power'),
    ])
    await endAll()
    const store = openStore({ types: [after] })
    const query = rowQuery({ metrics: ['dimming', 'lamp_on'] })
    const lampOn = { device: 'L1', start: NOON, simulated: false, summaries: [null, asNumber(two)] }
    // Before anything is written, the file does not know the new metric.
    expect(await windowsOf(store, '1h', query, [])).toEqual([lampOn])
    await store.putWindows('1h', lamp.id, [rowOf(after, NOON + 2 * HOUR, 'dimming')])
    expect(await windowsOf(store, '1h', query, [])).toEqual([
      lampOn,
      { ...lampOn, start: NOON + 2 * HOUR, summaries: [asNumber(two), null] },
    ])
  })

  it('survive the death of the process, and are safe on disk after the next sync', async () => {
    const store = openStore()
    await store.putWindows('1d', lamp.id, [lampWindow(NOON, two)])
    const path = `${directory()}-copy`
    cpSync(directory(), path, { recursive: true })
    const again = openStore({ path })
    const log = join(path, lamp.id, '1d', '2026.db-wal')
    expect(statSync(log).size).toBeGreaterThan(0)
    await again.sync()
    expect(existsSync(log) ? statSync(log).size : 0).toBe(0)
    expect(await startsOf(again, '1d')).toEqual([NOON])
  })

  it('are taken whole or not at all by their file, and again when it can', async () => {
    const store = openStore()
    await store.putWindows('1h', lamp.id, [lampWindow(NOON, summaryOf(1))])
    const saboteur = new DatabaseSync(join(directory(), lamp.id, '1h', '2026-11.db'))
    saboteur.exec(
      "CREATE TRIGGER full BEFORE INSERT ON windows WHEN new.device = 77 BEGIN SELECT raise(ABORT, 'database or disk is full'); END",
    )
    const rows = Array.from({ length: 90 }, (_, n) =>
      lampWindow(NOON, summaryOf(9), { device: n === 0 ? 'L1' : `K${n}` }),
    )
    await expect(store.putWindows('1h', lamp.id, rows)).rejects.toThrow(TelemetryUnavailable)
    expect(store.state().state).toBe('full')
    expect(await windowsOf(store, '1h', rowQuery(), [])).toMatchObject([
      { device: 'L1', summaries: [{ last: 1 }] },
    ])
    saboteur.exec('DROP TRIGGER full')
    saboteur.close()
    await store.putWindows('1h', lamp.id, rows)
    expect(await windowsOf(store, '1h', rowQuery(), [])).toHaveLength(90)
    expect(store.state().state).toBe('ready')
  })

  it('refuse what is no window of the type before anything is touched', async () => {
    const store = openStore()
    const good = lampWindow(NOON, two)
    for (const wrong of [
      { summaries: [two] },
      { start: Number.NaN },
      { start: -1 },
      { start: 1.5 },
    ])
      await expect(store.putWindows('1m', lamp.id, [good, { ...good, ...wrong }])).rejects.toThrow(
        RangeError,
      )
    expect(await startsOf(store, '1m')).toEqual([])
  })

  it('name a damaged file to the queries that need it only', async () => {
    const store = openStore()
    const starts = [NOON - 40 * DAY, NOON, NOON + 40 * DAY]
    await store.putWindows(
      '1h',
      lamp.id,
      starts.map((start) => lampWindow(start, two)),
    )
    await endAll()
    writeFileSync(join(directory(), lamp.id, '1h', '2026-11.db'), 'no database '.repeat(100))
    const again = openStore()
    await expect(startsOf(again, '1h')).rejects.toThrow(/1h.2026-11\.db/)
    expect(await startsOf(again, '1h', { to: NOON - DAY })).toEqual([starts[0]])
    expect(await startsOf(again, '1h', { from: NOON + 35 * DAY })).toEqual([starts[2]])
    await expect(again.putWindows('1h', lamp.id, [lampWindow(NOON, two)])).rejects.toThrow(
      /Cannot write 1 windows to .*2026-11\.db/,
    )
  })
})

describe('embedded retention', () => {
  const { at, openStore, directory, endAll } = useEmbedded()
  const days = [0, 1, 2, 3].map((n) => NOON + n * DAY)

  async function filled(max?: number): Promise<TelemetryStore> {
    const store = openStore(max === undefined ? {} : { max })
    await store.write(
      days.map((ts, n) => reading(n + 1, ts, { power: n })),
      ...at(4),
    )
    return store
  }
  const leftOvers = (): string[] =>
    readdirSync(join(directory(), lamp.id)).filter((name) => name.startsWith('2026-11-0'))

  it.each([undefined, 1])(
    'drops whole files with all that is beside them (files open: %s)',
    async (max) => {
      const store = await filled(max)
      expect(await readingsOf(store, rowQuery())).toHaveLength(4)
      const dropped = await store.drop('raw', lamp.id, Date.UTC(2026, 10, 3, 23))
      expect(dropped.map(({ where, rows }) => [where.slice(-13), rows])).toEqual([
        ['2026-11-01.db', 1],
        ['2026-11-02.db', 1],
      ])
      for (const piece of dropped) expect(piece.bytes).toBeGreaterThan(8_000)
      expect(leftOvers().filter((name) => /-0[12]\.db/.test(name))).toEqual([])
      expect(store.counts()).toEqual(countsOf({ stored: 4 }))
      await endAll()
      const again = openStore()
      expect(again.counts()).toEqual(countsOf({ stored: 4 }))
      expect(await readingsOf(again, rowQuery())).toHaveLength(2)
    },
  )

  it('goes on with a read whose next files are dropped under it', async () => {
    const store = await filled()
    const many = Array.from({ length: 9_000 }, (_, n) =>
      reading(n + 5, NOON + n + 1, { power: n }, { device: 'L2' }),
    )
    await store.write(many, ...at(9_004))
    for (const devices of [null, ['L1', 'L2']]) {
      let rows = 0
      for await (const batch of store.readings(rowQuery({ devices }))) {
        if (rows === 0) await store.drop('raw', lamp.id, NOON + 3 * DAY)
        rows += batch.length
      }
      expect(rows).toBeLessThan(9_004)
    }
    expect(await readingsOf(store, rowQuery())).toHaveLength(1)
  })

  it('does not count again what a dropped file had taken when it is offered again', async () => {
    const store = await filled()
    await store.drop('raw', lamp.id, NOON + DAY)
    const first = reading(1, days[0] ?? 0, { power: 0 })
    await store.write([first], ...at(1))
    await store.write([first, reading(9, NOON + 1, { power: 1 })], ...at(9))
    expect(store.counts()).toEqual(countsOf({ stored: 5 }))
    expect(await readingsOf(store, rowQuery({ to: NOON + DAY / 2 }))).toHaveLength(1)
    // A file again, which retention takes again.
    const dropped = await store.drop('raw', lamp.id, NOON + DAY)
    expect(dropped).toMatchObject([{ rows: 1 }])
    await endAll()
    const again = openStore()
    await again.write([first, reading(9, NOON + 1, { power: 1 })], ...at(9))
    expect(again.counts()).toEqual(countsOf({ stored: 5 }))
  })

  it('keeps the counts whenever the process dies around it', async () => {
    const store = await filled()
    const before = `${directory()}-before`
    cpSync(directory(), before, { recursive: true })
    await store.drop('raw', lamp.id, NOON + DAY)
    const after = `${directory()}-after`
    cpSync(directory(), after, { recursive: true })
    // Killed between: the file is gone, and the totals have not written it down.
    await openStore({ path: before }).close()
    const between = `${directory()}-between`
    cpSync(before, between, { recursive: true })
    rmSync(join(between, lamp.id, '2026-11-01.db'))
    for (const path of [before, between, after]) {
      const again = openStore({ path })
      expect(again.counts()).toEqual(countsOf({ stored: 4 }))
      await again.drop('raw', lamp.id, NOON + DAY)
      await again.write([reading(20, NOON, { power: 5 })], ...at(20))
      expect(again.counts()).toEqual(countsOf({ stored: 5 }))
    }
  })

  it('tells the reach of what is kept, to the day', async () => {
    const store = await filled()
    await store.drop('raw', lamp.id, NOON + DAY)
    expect(await store.extent()).toEqual({
      from: Date.UTC(2026, 10, 2),
      to: Date.UTC(2026, 10, 5) - 1,
    })
  })
})
