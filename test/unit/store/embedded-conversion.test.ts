import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, lamp, NOON, reading, rowQuery } from '../../contracts/telemetry-readings.ts'
import { readingsOf, valuesOf } from '../../contracts/telemetry-rows.ts'
import { countsOf, useEmbedded } from './embedded-stores.ts'

const ROWS = 300
const names = ['2026-10-31', '2026-11-01', '2026-11-02']

/** A day file as the version before this one made it: key (ts, device), a metric in the order of its time. */
function writeFormat1(directory: string, name: string, options: { keepLog?: boolean } = {}): void {
  mkdirSync(join(directory, lamp.id), { recursive: true })
  const path = join(directory, lamp.id, `${name}.db`)
  const database = new DatabaseSync(options.keepLog === true ? `${path}.made` : path)
  const start = Date.parse(name)
  database.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE meta (format INTEGER NOT NULL, applied INTEGER NOT NULL,
      stored INTEGER NOT NULL, duplicate INTEGER NOT NULL, revised INTEGER NOT NULL);
    INSERT INTO meta VALUES (1, ${ROWS}, ${ROWS}, 2, 1);
    CREATE TABLE devices (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    INSERT INTO devices VALUES (0, 'L1'), (1, 'L2');
    CREATE TABLE readings (ts INTEGER NOT NULL, device INTEGER NOT NULL, received_at INTEGER NOT NULL,
      simulated INTEGER NOT NULL, m_lamp_on REAL, m_power REAL, PRIMARY KEY (ts, device)) WITHOUT ROWID;
  `)
  database.exec('BEGIN')
  const insert = database.prepare('INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?)')
  for (let n = 0; n < ROWS; n++)
    insert.run(
      start + n * 270_000 - (n % 2),
      n % 2,
      start + n,
      n % 3 === 0 ? 1 : 0,
      n % 5 === 0 ? 1 : null,
      n / 10,
    )
  database.exec('COMMIT')
  if (options.keepLog === true) {
    // As a killed process leaves it: everything still in the log.
    for (const suffix of ['', '-wal']) copyFileSync(`${path}.made${suffix}`, `${path}${suffix}`)
    database.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}.made${suffix}`, { force: true })
  } else database.close()
}

const expectedOf = (name: string) =>
  Array.from({ length: ROWS }, (_, n) => ({
    device: n % 2 === 0 ? 'L1' : 'L2',
    ts: Date.parse(name) + n * 270_000 - (n % 2),
    simulated: n % 3 === 0,
    values: [n / 10, n % 5 === 0 ? 1 : Number.NaN],
  }))

describe('day files of format 1', () => {
  const { at, openStore, directory, endAll } = useEmbedded()
  const all = rowQuery({ metrics: ['power', 'lamp_on'] })
  const sorted = names
    .flatMap(expectedOf)
    .sort((a, b) => a.device.localeCompare(b.device) || a.ts - b.ts)
  const day = (name: string) => ({ from: Date.parse(name), to: Date.parse(name) + DAY })

  function expectConverted(path: string): void {
    for (const name of readdirSync(join(path, lamp.id))) {
      expect(name).toMatch(/^\d{4}-\d\d-\d\d\.db(-wal|-shm)?$/)
      if (!name.endsWith('.db')) continue
      const database = new DatabaseSync(join(path, lamp.id, name), { readOnly: true })
      expect(database.prepare('SELECT format FROM meta').get()?.['format']).toBe(2)
      expect(database.prepare('PRAGMA integrity_check').get()?.['integrity_check']).toBe('ok')
      database.close()
    }
  }

  it('are converted once, with all rows, marks, counts and positions', async () => {
    for (const name of names) writeFormat1(directory(), name)
    const store = openStore()
    expect(await readingsOf(store, all)).toEqual(sorted)
    expect(store.counts()).toEqual(countsOf({ stored: 900, duplicate: 6, revised: 3 }))
    // A position that the file had come to is skipped, a later one taken.
    await store.write([reading(ROWS, NOON + 7, { power: 1 })], ...at(ROWS))
    await store.write([reading(ROWS + 1, NOON + 7, { power: 1 })], ...at(ROWS + 1))
    expect(store.counts().stored).toBe(901)
    await endAll()
    expectConverted(directory())
    expect(readFileSync(join(directory(), 'format'), 'utf8')).toBe('2\n')
  })

  it('take in the log that a killed process has left', async () => {
    writeFormat1(directory(), '2026-11-01', { keepLog: true })
    expect(existsSync(join(directory(), lamp.id, '2026-11-01.db-wal'))).toBe(true)
    const store = openStore()
    expect(
      await readingsOf(store, rowQuery({ ...day('2026-11-01'), metrics: ['power'] })),
    ).toHaveLength(ROWS)
    expect(store.counts()).toMatchObject({ stored: ROWS })
  })

  it('are converted to the end after a kill on the way', async () => {
    for (const name of names) writeFormat1(directory(), name)
    const killed = `${directory()}-killed`
    cpSync(directory(), killed, { recursive: true })
    const store = openStore()
    await store.close()
    // The first file is done, the second was being written aside, and nothing is marked.
    cpSync(join(directory(), lamp.id, '2026-10-31.db'), join(killed, lamp.id, '2026-10-31.db'))
    writeFileSync(join(killed, lamp.id, '2026-11-01.db.converted'), 'half a file'.repeat(1_000))
    writeFileSync(join(killed, lamp.id, '2026-11-01.db.converted-wal'), 'half a log')
    const again = openStore({ path: killed })
    expect(await readingsOf(again, all)).toEqual(sorted)
    expect(again.counts()).toEqual(countsOf({ stored: 900, duplicate: 6, revised: 3 }))
    await again.close()
    expectConverted(killed)
  })

  it('that are damaged stay as they are, hinder no others, and are tried again', async () => {
    for (const name of names) writeFormat1(directory(), name)
    const path = join(directory(), lamp.id, '2026-11-01.db')
    const good = readFileSync(path)
    writeFileSync(path, 'no database at all '.repeat(100))
    const store = openStore()
    expect(store.state()).toMatchObject({
      state: 'ready',
      detail: expect.stringMatching(/Cannot convert .*2026-11-01\.db/),
    })
    expect(existsSync(join(directory(), 'format'))).toBe(false)
    expect(
      await valuesOf(
        store,
        rowQuery({ from: Date.parse('2026-10-31'), to: Date.parse('2026-10-31') + HOUR }),
      ),
    ).toHaveLength(14)
    await expect(readingsOf(store, all)).rejects.toThrow(path)
    await endAll()
    writeFileSync(path, good)
    expect(await readingsOf(openStore(), all)).toEqual(sorted)
    expect(existsSync(join(directory(), 'format'))).toBe(true)
  })

  it('are not looked for again once all are converted', async () => {
    await openStore().write([reading(1, NOON, { power: 1 })], ...at(1))
    await endAll()
    writeFormat1(directory(), '2026-11-02')
    const store = openStore()
    await expect(
      readingsOf(store, rowQuery({ ...day('2026-11-02'), metrics: ['power'] })),
    ).rejects.toThrow(/expected format 2, got 1/)
    expect(await valuesOf(store, rowQuery(day('2026-11-01')))).toEqual([[NOON, 1]])
  })

  it('of a newer version are left alone: the store does not open', () => {
    mkdirSync(directory(), { recursive: true })
    writeFileSync(join(directory(), 'format'), '3\n')
    expect(() => openStore()).toThrow(/expected format 2 or older, got 3/)
  })
})
