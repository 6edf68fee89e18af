import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { TelemetryUnavailable } from '../../../src/ports.ts'
import {
  DAY,
  HOUR,
  lamp,
  NOON,
  reading,
  rowQuery,
  typeWith,
} from '../../contracts/telemetry-readings.ts'
import { readingsOf, valuesOf } from '../../contracts/telemetry-rows.ts'
import { countsOf, useEmbedded } from './embedded-stores.ts'

const dayFile = (directory: string, name = '2026-11-01'): string =>
  join(directory, lamp.id, `${name}.db`)

describe('embedded telemetry store', () => {
  const { at, openStore, directory, endAll } = useEmbedded()

  it('makes one private file per type and UTC day', async () => {
    const store = openStore()
    await store.write(
      [
        reading(1, Date.UTC(2026, 9, 31, 23, 59, 59, 999), { power: 1 }),
        reading(2, Date.UTC(2026, 10, 1), { power: 2 }),
      ],
      ...at(2),
    )
    const folder = join(directory(), lamp.id)
    const files = readdirSync(folder).filter((name) => name.endsWith('.db'))
    expect(files).toEqual(['2026-10-31.db', '2026-11-01.db'])
    expect(statSync(directory()).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  it('keeps whole writes and right counts when the process dies at any moment', async () => {
    const store = openStore({ max: 2 })
    const copies: string[] = []
    const readings = Array.from({ length: 40 }, (_, n) =>
      reading(n + 1, NOON + (n % 5) * 11 * HOUR + (n % 3) * 1000, { power: n }),
    )
    for (let from = 0; from < 40; from += 8) {
      await store.write(readings.slice(from, from + 8), ...at(from + 8))
      if (from === 16) await store.sync()
      const copy = `${directory()}-${from}`
      cpSync(directory(), copy, { recursive: true })
      copies.push(copy)
    }
    const expected = { counts: store.counts(), values: await valuesOf(store, rowQuery()) }
    for (const path of copies) {
      const again = openStore({ path })
      await again.write(readings, ...at(40))
      expect(again.counts()).toEqual(expected.counts)
      expect(await valuesOf(again, rowQuery())).toEqual(expected.values)
    }
  })

  it('counts what was written after a clean stop when the process dies then', async () => {
    await openStore().write([reading(1, NOON, { power: 1 })], ...at(1))
    await endAll()
    const second = openStore()
    await second.write([reading(2, NOON + 1, { power: 1 })], ...at(2))
    const path = `${directory()}-copy`
    cpSync(directory(), path, { recursive: true })
    expect(openStore({ path }).counts()).toEqual(countsOf({ stored: 2 }))
  })

  it('counts files whose totals are lost or were never kept', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], ...at(1))
    await store.write([reading(2, NOON - DAY, { power: 1 })], ...at(2))
    await endAll()
    for (const name of readdirSync(directory()))
      if (name.startsWith('totals.db')) rmSync(join(directory(), name))
    expect(openStore().counts()).toEqual(countsOf({ stored: 2 }))
  })

  it('goes on counting what stood in a file that was deleted, also when it is made again', async () => {
    await openStore().write([reading(1, NOON - DAY, { power: 1 })], ...at(1))
    await endAll()
    rmSync(join(directory(), lamp.id), { recursive: true })
    const again = openStore()
    await again.write([reading(2, NOON, { power: 1 })], ...at(2))
    await again.write([reading(3, NOON - DAY, { power: 1 })], ...at(3))
    expect(again.counts()).toEqual(countsOf({ stored: 3 }))
    await endAll()
    expect(openStore().counts()).toEqual(countsOf({ stored: 3 }))
  })

  it('counts right in a file that it has opened again in the middle of a block', async () => {
    const readings = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) =>
        reading(from + n, NOON + (from + n) * 60_000, { power: n }, { device: `L${n % 3}` }),
      )
    await openStore().write(readings(1, 30), ...at(30))
    await endAll()
    const again = openStore()
    // What is there, newer times of known devices, a device seen for the first time, one that had nothing in the newest block.
    const more = [
      ...readings(1, 30).map((one, n) => ({ ...one, position: positionAt(31 + n) })),
      ...readings(61, 9),
      reading(70, NOON, { power: 5 }, { device: 'L9' }),
      reading(71, NOON + 1, { power: 5 }, { device: 'L2' }),
    ]
    await again.write(more, ...at(71))
    expect(again.counts()).toEqual(countsOf({ stored: 41, duplicate: 30 }))
    expect(await readingsOf(again, rowQuery())).toHaveLength(41)
  })

  it('adds a column when the type has gained a metric, and reads files from before', async () => {
    const older = typeWith(lamp.id, ['power', 'lamp_on'])
    const newer = typeWith(lamp.id, ['power', 'dimming', 'lamp_on'])
    const store = openStore({ types: [older] })
    await store.write([reading(1, NOON - DAY, { power: 1, lamp_on: 1 })], ...at(1))
    await store.write([reading(2, NOON, { power: 2, lamp_on: 0 })], ...at(2))
    await endAll()

    const again = openStore({ types: [newer] })
    expect(await readingsOf(again, rowQuery({ metrics: ['dimming'] }))).toEqual([])
    const values = [3, 0.5, 1, ...Array<number>(5).fill(Number.NaN)]
    await again.write([reading(3, NOON + 1, {}, { values })], ...at(3))
    expect(await valuesOf(again, rowQuery({ metrics: ['dimming'] }))).toEqual([[NOON + 1, 0.5]])
    const rows = await readingsOf(again, rowQuery({ metrics: null }))
    expect(rows.map((row) => row.values.slice(0, 3))).toEqual([
      [1, Number.NaN, 1],
      [2, Number.NaN, 0],
      [3, 0.5, 1],
    ])
  })

  it('leaves everything in the main file after sync', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], ...at(1))
    const log = `${dayFile(directory())}-wal`
    expect(statSync(log).size).toBeGreaterThan(0)
    await store.sync()
    expect(existsSync(log) ? statSync(log).size : 0).toBe(0)
  })

  it('syncs though a reader holds an old view open', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], ...at(1))
    const view = new DatabaseSync(dayFile(directory()), { readOnly: true })
    const rows = view.prepare('SELECT ts FROM readings').iterate()
    rows.next()
    await store.write([reading(2, NOON + 1, { power: 2 })], ...at(2))
    await store.sync()
    await store.write([reading(3, NOON + 2, { power: 3 })], ...at(3))
    view.close()
    expect(await readingsOf(store, rowQuery())).toHaveLength(3)
  })

  it('syncs whole while a read is under way', async () => {
    const store = openStore()
    const many = Array.from({ length: 9_000 }, (_, n) => reading(n + 1, NOON + n, { power: n }))
    await store.write(many, ...at(9_000))
    const log = `${dayFile(directory())}-wal`
    let rows = 0
    for await (const batch of store.readings(rowQuery())) {
      rows += batch.length
      await store.write([reading(9_001, NOON - rows, { power: 1 })], ...at(9_000 + rows))
      await store.sync()
      expect(existsSync(log) ? statSync(log).size : 0).toBe(0)
    }
    expect(rows).toBe(9_000)
  })

  it('marks a row simulated for ever once any of its readings was', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 }, { simulated: true })], ...at(1))
    await store.write([reading(2, NOON, { power: 2 })], ...at(2))
    await store.write([reading(3, NOON + 1, { power: 1 })], ...at(3))
    await store.write([reading(4, NOON + 1, { power: 1 }, { simulated: true })], ...at(4))
    expect((await readingsOf(store, rowQuery())).map((row) => row.simulated)).toEqual([true, true])
  })

  it('reads a span of many more files than it keeps open, several reads at a time', async () => {
    const store = openStore({ max: 2 })
    const readings = Array.from({ length: 40 }, (_, n) =>
      reading(n + 1, NOON + (n - 20) * DAY, { power: n }, { device: `L${n % 2}` }),
    )
    await store.write(readings, ...at(40))
    const [all, few, one] = await Promise.all([
      valuesOf(store, rowQuery()),
      valuesOf(store, rowQuery({ devices: ['L1', 'L0', 'L1'] })),
      valuesOf(store, rowQuery({ devices: ['L1'] })),
    ])
    expect(all).toHaveLength(40)
    expect(few).toEqual(all)
    expect(one.map(([, power]) => power)).toEqual(Array.from({ length: 20 }, (_, n) => 2 * n + 1))
  })

  it('refuses types and metrics whose names are no plain names', () => {
    expect(() => openStore({ types: [typeWith('../etc', ['power'])] })).toThrow(RangeError)
    expect(() => openStore({ types: [typeWith('lamp', ['a; DROP TABLE x'])] })).toThrow(RangeError)
  })

  it('refuses to be used after it was closed', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], ...at(1))
    await endAll()
    await expect(readingsOf(store, rowQuery())).rejects.toThrow(/closed/)
  })
})

describe('embedded telemetry store in trouble', () => {
  const { at, clock, openStore, directory } = useEmbedded()

  it('rejects a write when a file cannot be opened, says so, and takes it when it can again', async () => {
    const store = openStore()
    const good = reading(1, NOON - DAY, { power: 1 })
    const bad = reading(2, NOON, { power: 2 })
    const path = dayFile(directory())
    const begin = clock.now()
    await store.write([good], ...at(1))
    expect(store.state()).toEqual({
      kind: 'embedded',
      state: 'ready',
      since: begin,
      detail: null,
      server: `SQLite ${process.versions['sqlite']}`,
    })
    const foreign = new DatabaseSync(path)
    foreign.exec(
      'CREATE TABLE meta (format INTEGER, applied INTEGER, stored INTEGER, duplicate INTEGER, revised INTEGER)',
    )
    foreign.exec('INSERT INTO meta VALUES (99, 0, 0, 0, 0)')
    clock.set(begin + 5_000)
    const failed = store.write([bad], ...at(2))
    await expect(failed).rejects.toThrow(TelemetryUnavailable)
    await expect(failed).rejects.toThrow(/2026-11-01\.db: .*newer version/)
    // Another file's success does not hide it, and the time it began stays.
    clock.set(begin + 9_000)
    await store.write([{ ...good, position: positionAt(3) }], ...at(3))
    expect(store.state()).toMatchObject({
      state: 'failing',
      since: begin + 5_000,
      detail: expect.stringContaining(path),
    })
    foreign.exec('DROP TABLE meta')
    foreign.close()
    await store.write([{ ...bad, position: positionAt(4) }], ...at(4))
    expect(store.counts()).toEqual(countsOf({ stored: 2, duplicate: 1 }))
    expect(store.state()).toMatchObject({ state: 'ready', since: begin + 9_000, detail: null })
  })

  it('rejects a write that the disk refuses, keeps none of it, and takes it later', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], ...at(1))
    // A trigger stands in for the disk: SQLite fails half way through the rows.
    const saboteur = new DatabaseSync(dayFile(directory()))
    saboteur.exec(
      "CREATE TRIGGER full BEFORE INSERT ON readings WHEN new.m_power = 77 BEGIN SELECT raise(ABORT, 'database or disk is full'); END",
    )
    const readings = Array.from({ length: 90 }, (_, n) =>
      reading(n + 2, NOON + n + 1, { power: n }, { device: `L${n}` }),
    )
    await expect(store.write(readings, ...at(91))).rejects.toThrow(TelemetryUnavailable)
    expect(store.state()).toMatchObject({ state: 'full', detail: expect.stringMatching(/is full/) })
    expect(store.counts()).toEqual(countsOf({ stored: 1 }))
    expect(await readingsOf(store, rowQuery({ devices: ['L5'] }))).toEqual([])
    await store.sync()
    // That what was written is safe says nothing about the next write.
    expect(store.state().state).toBe('full')
    saboteur.exec('DROP TRIGGER full')
    saboteur.close()
    await store.write(readings, ...at(91))
    expect(store.counts()).toEqual(countsOf({ stored: 91 }))
    expect(await valuesOf(store, rowQuery({ devices: ['L5'] }))).toEqual([[NOON + 6, 5]])
    expect(store.state().state).toBe('ready')
  })

  it('reads a file that has no tables yet as empty', async () => {
    mkdirSync(join(directory(), lamp.id), { recursive: true })
    writeFileSync(dayFile(directory()), '')
    expect(await readingsOf(openStore(), rowQuery())).toEqual([])
  })

  it('names a damaged file to the queries that need it, and serves all others', async () => {
    const first = openStore()
    for (const [n, ts] of [NOON - DAY, NOON, NOON + DAY].entries())
      await first.write([reading(n + 1, ts, { power: n })], ...at(n + 1))
    await first.close()
    writeFileSync(dayFile(directory()), 'this is no database, '.repeat(100))

    const store = openStore()
    expect(store.counts()).toEqual(countsOf({ stored: 3 }))
    await expect(readingsOf(store, rowQuery())).rejects.toThrow(/2026-11-01\.db/)
    expect(await valuesOf(store, rowQuery({ to: NOON - DAY / 2 }))).toEqual([[NOON - DAY, 0]])
    expect(await valuesOf(store, rowQuery({ from: NOON + DAY / 2 }))).toEqual([[NOON + DAY, 2]])
    await expect(store.write([reading(4, NOON + 1, { power: 1 })], ...at(4))).rejects.toThrow(
      /2026-11-01\.db/,
    )
    await store.write([reading(5, NOON + DAY + 1, { power: 1 })], ...at(5))
    expect(store.state().state).toBe('failing')
    // Put aside, it keeps no write from being repeated.
    await store.write([reading(4, NOON + 1, { power: 1 })], ...at(4))
    expect(store.state().state).toBe('ready')
    expect(store.counts()).toEqual(countsOf({ stored: 5 }))
    expect(await readingsOf(store, rowQuery())).toHaveLength(4)
  })

  it('opens beside a damaged file whose counts it does not know, and tells of it', () => {
    mkdirSync(join(directory(), lamp.id), { recursive: true })
    writeFileSync(dayFile(directory()), 'this is no database, '.repeat(100))
    expect(openStore().state()).toMatchObject({
      state: 'ready',
      detail: expect.stringMatching(/Cannot count .*2026-11-01\.db/),
    })
  })

  it('reads a file again that was damaged and has been put right', async () => {
    const first = openStore()
    await first.write([reading(1, NOON, { power: 1 })], ...at(1))
    await first.close()
    const path = dayFile(directory())
    cpSync(path, `${path}.good`)
    writeFileSync(path, 'this is no database, '.repeat(100))
    const store = openStore()
    await expect(readingsOf(store, rowQuery())).rejects.toThrow(path)
    cpSync(`${path}.good`, path)
    expect(await readingsOf(store, rowQuery())).toHaveLength(1)
  })
})
