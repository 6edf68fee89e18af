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
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import type { TelemetryReader, TelemetryStore } from '../../../src/ports.ts'
import { openEmbeddedTelemetryReader } from '../../../src/store/embedded/embedded-reader.ts'
import { openEmbeddedTelemetry } from '../../../src/store/embedded/embedded.ts'
import {
  contractTypes,
  lamp,
  NOON,
  powerQuery,
  reading,
  telemetryStoreContract,
  typeWith,
  type TelemetrySubject,
} from '../../contracts/telemetry-store.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const timeZone = 'Asia/Shanghai'

telemetryStoreContract('embedded', {
  keeps: true,
  async open(zone) {
    const { path, remove } = await makeTemporaryDirectory()
    return openAt(path, zone, remove)
  },
})

function openAt(path: string, zone: string, remove: () => Promise<void>): TelemetrySubject {
  // Few files at a time: the suite works through many days, so files are closed and opened again on the way.
  const options = { directory: path, types: contractTypes, openFilesMax: 3 }
  const store = openEmbeddedTelemetry(options)
  const reader = openEmbeddedTelemetryReader({ ...options, timeZone: zone })
  let isClosed = false
  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    await reader.close()
    await store.close()
  }
  return {
    store,
    reader,
    reopen: async () => {
      await close()
      return openAt(path, zone, remove)
    },
    dispose: async () => {
      await close()
      await remove()
    },
  }
}

describe('embedded telemetry store', () => {
  let directory = ''
  let remove: () => Promise<void>
  const stores: TelemetryStore[] = []
  const readers: TelemetryReader[] = []

  beforeEach(async () => {
    const temporary = await makeTemporaryDirectory()
    directory = join(temporary.path, 'telemetry')
    remove = temporary.remove
  })
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close()
    for (const store of stores.splice(0)) await store.close()
    await remove()
  })

  function openStore(more: { path?: string; types?: typeof contractTypes; max?: number } = {}) {
    const store = openEmbeddedTelemetry({
      directory: more.path ?? directory,
      types: more.types ?? contractTypes,
      ...(more.max === undefined ? {} : { openFilesMax: more.max }),
    })
    stores.push(store)
    return store
  }

  function openReader(more: { path?: string; types?: typeof contractTypes } = {}) {
    const reader = openEmbeddedTelemetryReader({
      directory: more.path ?? directory,
      types: more.types ?? contractTypes,
      timeZone,
    })
    readers.push(reader)
    return reader
  }

  it('makes one private file per type and UTC day', async () => {
    const store = openStore()
    await store.write(
      [
        reading(1, Date.UTC(2026, 9, 31, 23, 59, 59, 999), { power: 1 }),
        reading(2, Date.UTC(2026, 10, 1), { power: 2 }),
      ],
      positionAt(2),
    )
    const files = readdirSync(join(directory, lamp.id)).filter((name) => name.endsWith('.db'))
    expect(files).toEqual(['2026-10-31.db', '2026-11-01.db'])
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(join(directory, lamp.id)))
      expect(statSync(join(directory, lamp.id, name)).mode & 0o777).toBe(0o600)
  })

  it('shows each write to a reader that was there before it', async () => {
    const reader = openReader()
    expect(await reader.series(powerQuery())).toEqual([])
    const store = openStore()
    for (let n = 1; n <= 50; n++) {
      await store.write([reading(n, NOON + n, { power: n })], positionAt(n))
      if (n % 10 === 0) await store.sync()
      expect((await reader.series(powerQuery())).length).toBe(n)
    }
  })

  it('keeps whole writes and right counts when the process dies at any moment', async () => {
    const store = openStore({ max: 2 })
    const copies: string[] = []
    const readings = Array.from({ length: 40 }, (_, n) =>
      reading(n + 1, NOON + (n % 5) * 11 * HOUR + (n % 3) * 1000, { power: n }),
    )
    for (let from = 0; from < 40; from += 8) {
      await store.write(readings.slice(from, from + 8), positionAt(from + 8))
      if (from === 16) await store.sync()
      const copy = `${directory}-${from}`
      cpSync(directory, copy, { recursive: true })
      copies.push(copy)
    }
    const expected = { counts: store.counts(), points: await openReader().series(powerQuery()) }
    for (const path of copies) {
      const again = openStore({ path })
      await again.write(readings, positionAt(40))
      expect(again.counts()).toEqual(expected.counts)
      expect(await openReader({ path }).series(powerQuery())).toEqual(expected.points)
    }
  })

  it('counts what was written after a clean stop when the process dies then', async () => {
    const first = openStore()
    await first.write([reading(1, NOON, { power: 1 })], positionAt(1))
    await first.close()
    stores.length = 0
    const second = openStore()
    await second.write([reading(2, NOON + 1, { power: 1 })], positionAt(2))
    const path = `${directory}-copy`
    cpSync(directory, path, { recursive: true })
    expect(openStore({ path }).counts()).toEqual({ stored: 2, duplicate: 0, revised: 0 })
  })

  it('counts files whose totals are lost or were never kept', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], positionAt(1))
    await store.write([reading(2, NOON - DAY, { power: 1 })], positionAt(2))
    await store.close()
    stores.length = 0
    for (const name of readdirSync(directory))
      if (name.startsWith('totals.db')) rmSync(join(directory, name))
    expect(openStore().counts()).toEqual({ stored: 2, duplicate: 0, revised: 0 })
  })

  it('goes on counting what stood in a file that was deleted', async () => {
    const store = openStore()
    await store.write([reading(1, NOON - DAY, { power: 1 })], positionAt(1))
    await store.close()
    stores.length = 0
    rmSync(join(directory, lamp.id), { recursive: true })
    const again = openStore()
    await again.write([reading(2, NOON, { power: 1 })], positionAt(2))
    expect(again.counts().stored).toBe(2)
  })

  it('adds a column when the type has gained a metric, and reads files from before', async () => {
    const older = typeWith(lamp.id, ['power', 'lamp_on'])
    const newer = typeWith(lamp.id, ['power', 'dimming', 'lamp_on'])
    const store = openStore({ types: [older] })
    await store.write([reading(1, NOON - DAY, { power: 1, lamp_on: 1 })], positionAt(1))
    await store.write([reading(2, NOON, { power: 2, lamp_on: 0 })], positionAt(2))
    await store.close()
    stores.length = 0

    const reader = openReader({ types: [newer] })
    expect(await reader.series(powerQuery({ metric: 'dimming' }))).toEqual([])
    const again = openStore({ types: [newer] })
    const values = [3, 0.5, 1, ...Array<number>(5).fill(Number.NaN)]
    await again.write([reading(3, NOON + 1, {}, { values })], positionAt(3))
    expect(await reader.series(powerQuery({ metric: 'dimming' }))).toEqual([
      { t: NOON + 1, v: 0.5 },
    ])
    expect(await reader.series(powerQuery({ metric: 'lamp_on' }))).toEqual([
      { t: NOON - DAY, v: 1 },
      { t: NOON, v: 0 },
      { t: NOON + 1, v: 1 },
    ])
  })

  it('rejects a write when a file cannot be opened, and takes it when it can again', async () => {
    const store = openStore()
    const good = reading(1, NOON - DAY, { power: 1 })
    const bad = reading(2, NOON, { power: 2 })
    const path = join(directory, lamp.id, '2026-11-01.db')
    await store.write([good], positionAt(1))
    const foreign = new DatabaseSync(path)
    foreign.exec(
      'CREATE TABLE meta (format INTEGER, applied INTEGER, stored INTEGER, duplicate INTEGER, revised INTEGER)',
    )
    foreign.exec('INSERT INTO meta VALUES (99, 0, 0, 0, 0)')
    await expect(store.write([bad], positionAt(2))).rejects.toThrow(/newer version/)
    foreign.exec('DROP TABLE meta')
    foreign.close()
    await store.write([bad], positionAt(2))
    expect(store.counts()).toEqual({ stored: 2, duplicate: 0, revised: 0 })
  })

  it('rejects a write that the disk refuses, keeps none of it, and takes it later', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], positionAt(1))
    // A trigger stands in for the disk: SQLite fails half way through the rows.
    const saboteur = new DatabaseSync(join(directory, lamp.id, '2026-11-01.db'))
    saboteur.exec(
      "CREATE TRIGGER full BEFORE INSERT ON readings WHEN new.m_power = 77 BEGIN SELECT raise(ABORT, 'disk is full'); END",
    )
    const readings = Array.from({ length: 90 }, (_, n) =>
      reading(n + 2, NOON + n + 1, { power: n }, { device: `L${n}` }),
    )
    await expect(store.write(readings, positionAt(91))).rejects.toThrow(/disk is full/)
    expect(store.counts().stored).toBe(1)
    expect(await openReader().series(powerQuery({ device: 'L5' }))).toEqual([])
    await store.sync()
    saboteur.exec('DROP TRIGGER full')
    saboteur.close()
    await store.write(readings, positionAt(91))
    expect(store.counts()).toEqual({ stored: 91, duplicate: 0, revised: 0 })
    expect(await openReader().series(powerQuery({ device: 'L5' }))).toEqual([{ t: NOON + 6, v: 5 }])
  })

  it('leaves everything in the main file after sync', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], positionAt(1))
    const path = join(directory, lamp.id, '2026-11-01.db')
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0)
    await store.sync()
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).toBe(0)
  })

  it('syncs though a reader holds an old view open', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 })], positionAt(1))
    const view = new DatabaseSync(join(directory, lamp.id, '2026-11-01.db'), { readOnly: true })
    const rows = view.prepare('SELECT ts FROM readings').iterate()
    rows.next()
    await store.write([reading(2, NOON + 1, { power: 2 })], positionAt(2))
    await store.sync()
    await store.write([reading(3, NOON + 2, { power: 3 })], positionAt(3))
    view.close()
    expect((await openReader().series(powerQuery())).length).toBe(3)
  })

  it('marks a row simulated for ever once any of its readings was', async () => {
    const store = openStore()
    await store.write([reading(1, NOON, { power: 1 }, { simulated: true })], positionAt(1))
    await store.write([reading(2, NOON, { power: 2 })], positionAt(2))
    await store.write([reading(3, NOON + 1, { power: 1 })], positionAt(3))
    await store.write([reading(4, NOON + 1, { power: 1 }, { simulated: true })], positionAt(4))
    const view = new DatabaseSync(join(directory, lamp.id, '2026-11-01.db'), { readOnly: true })
    const rows = view.prepare('SELECT simulated FROM readings').all()
    view.close()
    expect(rows.map((row) => row['simulated'])).toEqual([1, 1])
  })

  it('reads a file that its writer has only just made as empty, and names one that is damaged', async () => {
    const path = join(directory, lamp.id, '2026-11-01.db')
    mkdirSync(join(directory, lamp.id), { recursive: true })
    writeFileSync(path, '')
    expect(await openReader().series(powerQuery())).toEqual([])
    writeFileSync(path, 'this is no database, '.repeat(100))
    await expect(openReader().series(powerQuery())).rejects.toThrow(/Cannot open .*2026-11-01\.db/)
    expect(() => openStore()).toThrow(/Cannot open .*2026-11-01\.db/)
  })

  it('refuses types and metrics whose names are no plain names', () => {
    expect(() => openStore({ types: [typeWith('../etc', ['power'])] })).toThrow(RangeError)
    expect(() => openStore({ types: [typeWith('lamp', ['a; DROP TABLE x'])] })).toThrow(RangeError)
  })
})
