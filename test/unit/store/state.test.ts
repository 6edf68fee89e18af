import { cpSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { openStateReader } from '../../../src/store/state/state-reader.ts'
import { openState } from '../../../src/store/state/state.ts'
import {
  alert,
  alertEffect,
  device,
  deviceEffect,
  placed,
  refused,
} from '../../contracts/state-documents.ts'
import {
  stateStoreContract,
  type QuarantineCaps,
  type StateSubject,
} from '../../contracts/state-store.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

stateStoreContract('SQLite', async (caps) => {
  const { path, remove } = await makeTemporaryDirectory()
  return openAt(join(path, 'state.db'), caps, remove)
})

function openAt(
  file: string,
  caps: QuarantineCaps | undefined,
  remove: () => Promise<void>,
): StateSubject {
  const strangersMax = caps?.strangersMax
  const store = openState({
    file,
    ...(strangersMax === undefined ? {} : { strangersMax }),
    ...(caps === undefined ? {} : { quarantine: caps }),
  })
  const reader = openStateReader({ file })
  let isClosed = false
  function close(): void {
    if (isClosed) return
    isClosed = true
    reader.close()
    store.close()
  }
  return {
    store,
    reader,
    async reopen() {
      close()
      return openAt(file, caps, remove)
    },
    async dispose() {
      close()
      await remove()
    },
  }
}

describe('SQLite state store', () => {
  let file = ''
  let remove: () => Promise<void>

  beforeEach(async () => {
    const temporary = await makeTemporaryDirectory()
    file = join(temporary.path, 'private', 'state.db')
    remove = temporary.remove
  })
  afterEach(() => remove())

  it('makes files and directories for its owner only', () => {
    const store = openState({ file })
    store.apply([], [], positionAt(1))
    for (const name of [file, `${file}-wal`, `${file}-shm`])
      expect(statSync(name).mode & 0o777, name).toBe(0o600)
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
    store.close()
  })

  it('refuses a file that a newer version has written', () => {
    openState({ file }).close()
    const database = new DatabaseSync(file)
    database.exec('UPDATE meta SET format = 99')
    database.close()
    expect(() => openState({ file })).toThrow(/expected format 1 or older, got 99/)
    expect(() => openStateReader({ file })).toThrow(/newer version/)
  })

  it('gains what has come since in a file of an older version, and keeps what it had', () => {
    const before = openState({ file })
    before.apply([placed(1, deviceEffect(device('L1'), 'aa'))], [], positionAt(1))
    before.close()
    const older = new DatabaseSync(file)
    older.exec(`DROP INDEX devices_by_integration; DROP TABLE aliases;
      DROP TABLE integrations; DROP TABLE strangers`)
    older.close()
    const store = openState({ file })
    const reader = openStateReader({ file })
    expect(reader.device('L1')).toMatchObject({ hasCredential: true, revoked: false })
    expect(reader.integrations()).toEqual([])
    const named = device('L2', { aliases: ['MN1'], integration: 'dust' })
    store.apply([placed(2, deviceEffect(named))], [], positionAt(2))
    expect(reader.deviceNamed('mn1')).toBe('L2')
    reader.close()
    store.close()
  })

  it('compares the names an older version has kept as it compares its own', () => {
    openState({ file }).close()
    const older = new DatabaseSync(file)
    older.exec(`INSERT INTO aliases VALUES ('urn:dev:1:', 'L1'), ('urn:dev:1', 'L0'), ('room//', 'L2'), (':', 'L3');
      INSERT INTO strangers VALUES ('Sensor:', 'sensor:', 1, 1, 1, 'x', '')`)
    older.close()
    const store = openState({ file })
    const reader = openStateReader({ file })
    expect(['URN:dev:1:', 'room', ':'].map((name) => reader.deviceNamed(name))).toEqual([
      'L0',
      'L2',
      'L3',
    ])
    expect(reader.strangers({ limit: 9, cursor: null }).items).toHaveLength(1)
    const named = device('L4', { aliases: ['SENSOR'], integration: 'dust' })
    store.apply([placed(1, deviceEffect(named))], [], positionAt(1))
    expect(reader.strangers({ limit: 9, cursor: null }).items).toEqual([])
    expect(['dust', 'other', ''].map((id) => reader.devicesOf(id))).toEqual([1, 0, 0])
    reader.close()
    store.close()
  })

  it('leaves a file of a newer version as it is', () => {
    openState({ file }).close()
    const newer = new DatabaseSync(file)
    newer.exec('UPDATE meta SET format = 99; DROP TABLE strangers')
    newer.close()
    expect(() => openState({ file })).toThrow(/newer version/)
    const again = new DatabaseSync(file)
    expect(again.prepare("SELECT 1 FROM sqlite_master WHERE name = 'strangers'").get()).toBe(
      undefined,
    )
    again.close()
  })

  it('finds the devices of an account by an index', () => {
    openState({ file }).close()
    const database = new DatabaseSync(file)
    const plan = database
      .prepare(
        "EXPLAIN QUERY PLAN SELECT document, id FROM devices WHERE json_extract(document, '$.integration') = ? ORDER BY id ASC LIMIT ?",
      )
      .all()
    database.close()
    expect(JSON.stringify(plan)).toContain('devices_by_integration')
  })

  it('says so when there is no file to read', () => {
    expect(() => openStateReader({ file })).toThrow(/Cannot open .*state\.db/)
  })

  it('applies none of a transaction that fails, and all of it later', () => {
    const store = openState({ file, quarantine: { perSourceMax: 10, max: 3 } })
    const reader = openStateReader({ file })
    const saboteur = new DatabaseSync(file)
    saboteur.exec(
      "CREATE TRIGGER full BEFORE INSERT ON alerts BEGIN SELECT raise(ABORT, 'disk is full'); END",
    )
    const effects = [
      placed(1, deviceEffect(device('L1', { simulated: true }))),
      placed(2, { kind: 'quarantine', item: refused(2) }),
      placed(3, alertEffect(alert('A1'))),
    ]
    for (let attempt = 0; attempt < 4; attempt++)
      expect(() => store.apply(effects, [], positionAt(3))).toThrow(/disk is full/)
    expect(store.applied).toBe(0)
    expect(reader.device('L1')).toBeNull()
    expect(reader.anySimulated()).toBe(false)
    saboteur.exec('DROP TRIGGER full')
    saboteur.close()
    store.apply(effects, [], positionAt(3))
    expect(reader.alert('A1')?.timeline.length).toBe(1)
    expect(reader.quarantined(['0-2.0']).length).toBe(1)
    expect(reader.quarantineCounts()).toEqual({ not_json: 1 })
    expect(reader.anySimulated()).toBe(true)
    reader.close()
    store.close()
  })

  it('keeps one copy of a payload, however many parts of it were refused', () => {
    const store = openState({ file })
    const payload = new Uint8Array(60_000).fill(7)
    const items = Array.from({ length: 400 }, (_, n) => refused(1, { id: `0-1.${n}`, payload }))
    store.apply(
      items.map((item) => placed(1, { kind: 'quarantine', item })),
      [],
      positionAt(1),
    )
    store.sync()
    store.close()
    expect(statSync(file).size).toBeLessThan(2_000_000)
    const database = new DatabaseSync(file)
    const kept = () =>
      database.prepare('SELECT count(*) AS n, sum(items) AS items FROM quarantine_payloads').get()
    expect(kept()).toEqual({ n: 1, items: 400 })
    database.exec('DELETE FROM quarantine')
    expect(kept()).toMatchObject({ n: 0 })
    database.close()
  })

  it('goes on from any copy of a file taken while it is written', () => {
    const store = openState({ file })
    const story = Array.from({ length: 30 }, (_, n) =>
      placed(n + 1, alertEffect(alert(`A${n % 4}`, { count: n }))),
    )
    const copies: string[] = []
    for (let from = 0; from < 30; from += 10) {
      store.apply(story.slice(from, from + 10), [], positionAt(from + 10))
      if (from === 10) store.sync()
      const copy = `${file}-copy-${from}`
      for (const suffix of ['', '-wal']) cpSync(`${file}${suffix}`, `${copy}${suffix}`)
      copies.push(copy)
    }
    store.close()
    for (const copy of copies) {
      const again = openState({ file: copy })
      again.apply(story, [], positionAt(30))
      again.close()
      const reader = openStateReader({ file: copy })
      const lengths = ['A0', 'A1', 'A2', 'A3'].map((id) => reader.alert(id)?.timeline.length)
      reader.close()
      expect(lengths).toEqual([8, 8, 7, 7])
    }
  })

  it('answers the outbox from its own index', () => {
    openState({ file }).close()
    const database = new DatabaseSync(file)
    const plan = database
      .prepare(
        "EXPLAIN QUERY PLAN SELECT document FROM tickets WHERE delivery IN ('queued', 'retrying') ORDER BY opened_at, id LIMIT 10",
      )
      .all()
    database.close()
    expect(plan.map((row) => row['detail'])).toEqual([
      'SCAN tickets USING INDEX tickets_undelivered',
    ])
  })

  it('syncs and keeps writing while a reader is in the middle of a list', () => {
    const store = openState({ file })
    const devices = Array.from({ length: 50 }, (_, n) =>
      placed(n + 1, deviceEffect(device(`L${n}`))),
    )
    store.apply(devices, [], positionAt(50))
    const reader = openStateReader({ file })
    const access = reader.access()[Symbol.iterator]()
    access.next()
    store.apply([placed(51, { kind: 'device_removed', id: 'L1' })], [], positionAt(51))
    store.sync()
    let rest = 1
    while (access.next().done !== true) rest++
    expect(rest).toBe(50)
    expect([...reader.access()].length).toBe(49)
    reader.close()
    store.close()
  })
})
