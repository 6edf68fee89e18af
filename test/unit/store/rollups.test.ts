import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TelemetryUnavailable } from '../../../src/ports.ts'
import type { RollupsOptions } from '../../../src/store/rollups/rollups.ts'
import { contractTypes } from '../../contracts/telemetry-readings.ts'
import {
  createWorld,
  DAY,
  expectClean,
  expectTrue,
  HOUR,
  MINUTE,
  type World,
} from './rollup-world.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

const ZONE = 'Asia/Shanghai'
/** Ten in the morning in Shanghai. */
const TEN = Date.UTC(2026, 10, 2, 2)
const MIDNIGHT = TEN - 10 * HOUR
const FOREVER = Number.MAX_SAFE_INTEGER

let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>
let world: World

async function begin(more: Partial<RollupsOptions> = {}, timeZone = ZONE): Promise<void> {
  world = await createWorld(directory.path, timeZone, more)
}

/** A reading of L1 that comes at once. */
const plain = (at: number, device = 'L1') => ({ at, ts: at, device })
/** One that was measured before. */
const late = (at: number, ts: number, device = 'L1') => ({ at, ts, device, metrics: { power: 9 } })

const stale = (level: '1m' | '1h' | '1d', devices: readonly string[] | null = ['L1']) =>
  world.rollups.stale(level, 'streetlight', devices, 0, FOREVER)

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
})

afterEach(async () => {
  await world.close()
  await directory.remove()
})

describe('rollups that close windows', () => {
  it('close a minute when its grace is over, by the time of the feed', async () => {
    await begin()
    await world.feed(plain(TEN + 5_000))
    world.to(TEN + 3 * MINUTE - 1)
    await world.rollups.work()
    expect(world.rollups.through('1m')).toBe(TEN)
    expect(world.rollups.status.lagMs).toBe(MINUTE)
    world.to(TEN + 3 * MINUTE)
    await world.rollups.work()
    expect(world.rollups.through('1m')).toBe(TEN + MINUTE)
    expect(world.rollups.status).toEqual({ through: TEN + MINUTE, lagMs: 0, dirty: 0 })
    expect(await expectTrue(world, ZONE)).toBe(1)
    expect(world.asked.reads).toEqual([])
  })

  it('close an hour with its last minute and a day with its last hour, also a day of 25 hours', async () => {
    const day = Date.UTC(2026, 9, 24, 22)
    await begin({}, 'Europe/Berlin')
    for (let hour = 0; hour < 25; hour++) await world.feed(plain(day + hour * HOUR + 7 * MINUTE))
    world.to(day + 25 * HOUR + 2 * MINUTE - 1)
    await world.rollups.work()
    expect(world.rollups.through('1h')).toBe(day + 24 * HOUR)
    expect(world.rollups.through('1d')).toBe(day)
    world.to(day + 25 * HOUR + 2 * MINUTE)
    await world.rollups.work()
    expect(world.rollups.through('1d')).toBe(day + 25 * HOUR)
    expect(await expectTrue(world, 'Europe/Berlin')).toBe(25 + 25 + 1)
  })

  it('work out devices whose readings came twice or out of order with one question', async () => {
    await begin()
    for (const device of ['L1', 'L2', 'L3']) await world.feed(plain(TEN + 9_000, device))
    await world.feed(late(TEN + 10_000, TEN + 9_000), late(TEN + 11_000, TEN + 1_000, 'L3'))
    world.to(TEN + 3 * MINUTE)
    await world.rollups.work()
    expect(world.asked.reads).toEqual([{ type: 'streetlight', devices: 2, from: TEN }])
    expect(await expectTrue(world, ZONE)).toBe(3)
  })

  it('are as far as the feed after sixty days of silence, with no question asked', async () => {
    await begin()
    await world.feed(plain(TEN))
    world.to(TEN + 60 * DAY)
    await world.rollups.work()
    expect(world.rollups.through('1m')).toBe(TEN + 60 * DAY - 2 * MINUTE)
    expect(world.asked.reads).toEqual([])
    expect(world.asked.belows).toEqual(['1m streetlight', '1h streetlight'])
  })

  it('do in one run what becomes due while they work', async () => {
    await begin()
    await world.feed(plain(TEN))
    world.to(TEN + 3 * MINUTE)
    const first = world.rollups.work()
    await world.feed(plain(TEN + 5 * MINUTE))
    world.to(TEN + 9 * MINUTE)
    const second = world.rollups.work()
    await Promise.all([first, second])
    expect(world.rollups.through('1m')).toBe(TEN + 7 * MINUTE)
    expect(await expectTrue(world, ZONE)).toBe(2)
  })

  it('reject when the store is away, and go on with the next call', async () => {
    await begin()
    await world.feed(plain(TEN))
    world.to(TEN + 3 * MINUTE)
    for (let time = 0; time < 5; time++) {
      world.failAfter = 0
      world.failure = () => new TelemetryUnavailable('No answer')
      await expect(world.rollups.work()).rejects.toThrow('No answer')
      expect(world.rollups.through('1m')).toBe(TEN)
    }
    await world.rollups.work()
    expect(await expectTrue(world, ZONE)).toBe(1)
    expect(world.problems).toEqual([])
  })
})

describe('rollups that begin', () => {
  it('take what was measured in an earlier hour than the first arrival as late', async () => {
    await begin()
    await world.feed(plain(TEN + 1_000), late(TEN + 2_000, TEN - 3 * HOUR))
    expect(world.rollups.through('1d')).toBe(MIDNIGHT)
    expect(stale('1h')).toEqual([{ start: TEN - 3 * HOUR, end: TEN - 2 * HOUR }])
    world.to(TEN + HOUR)
    await world.rollups.work()
    expectClean(world)
    expect(await expectTrue(world, ZONE)).toBe(3)
  })

  it('roll up what a store has kept without them', async () => {
    await begin()
    await world.feed(plain(TEN), plain(TEN + HOUR), plain(TEN + 2 * DAY))
    // The ledger has never been saved: everything is new to the next process.
    await world.crash()
    world.to(TEN + 4 * DAY)
    await world.rollups.work()
    expect(await expectTrue(world, ZONE)).toBe(3 + 3 + 2)
  })

  it('begin with the first arrival also when they are saved at once', async () => {
    await begin()
    await world.feed(plain(TEN + 5_000))
    await world.sync()
    await world.crash()
    expect(world.rollups.through('1m')).toBe(TEN)
    expect(world.rollups.through('1d')).toBe(MIDNIGHT)
  })

  it('trust their open minutes again an hour after they began over kept readings', async () => {
    await begin()
    await world.feed(plain(TEN))
    await world.crash()
    world.to(TEN + MINUTE)
    await world.feed(plain(TEN + 2 * HOUR))
    await world.rollups.work()
    world.asked.reads.length = 0
    world.to(TEN + 3 * HOUR)
    await world.rollups.work()
    expect(world.asked.reads).toEqual([])
    expect(await expectTrue(world, ZONE)).toBe(2 + 1)
  })

  it('ask little about months without a reading', async () => {
    await begin()
    await world.feed(plain(TEN), plain(TEN + 90 * DAY))
    await world.crash()
    world.to(TEN + 92 * DAY)
    await world.rollups.work()
    expect(await expectTrue(world, ZONE)).toBe(2 + 2 + 2)
    expect(world.asked.reads.length).toBeLessThan(93 * contractTypes.length + 60)
  })

  it('find a reading that comes into a stretch they have seen empty', async () => {
    await begin()
    await world.feed(plain(TEN), plain(TEN + 2 * DAY))
    await world.crash()
    const at = TEN + 3 * DAY
    world.to(at)
    for (let failAfter = 0; failAfter < 24; failAfter++) {
      world.failAfter = failAfter
      world.failure = () => new TelemetryUnavailable('No answer')
      await world.rollups.work().catch(() => {})
      world.failAfter = FOREVER
      await world.feed(late(at, world.rollups.through('1m') + 2 * HOUR))
    }
    await world.rollups.work()
    expectClean(world)
    expect(await expectTrue(world, ZONE)).toBeGreaterThan(26)
  })
})

describe('rollups whose readings come late', () => {
  beforeEach(async () => {
    await begin()
    for (let minute = 0; minute < 3 * 60; minute += 10)
      for (const device of ['L1', 'L2']) await world.feed(plain(TEN + minute * MINUTE, device))
    world.to(TEN + 2 * DAY)
    await world.rollups.work()
    expectClean(world)
    world.asked.reads.length = 0
  })

  it('tell what is stale as soon as the reading is taken, device by device', async () => {
    await world.feed(late(TEN + 2 * DAY, TEN + HOUR + 5 * MINUTE))
    await world.feed(late(TEN + 2 * DAY, TEN + 30 * MINUTE, 'L2'))
    const hour = { start: TEN + HOUR, end: TEN + 2 * HOUR }
    expect(stale('1m')).toEqual([hour])
    expect(stale('1h')).toEqual([hour])
    expect(stale('1d')).toEqual([{ start: MIDNIGHT, end: MIDNIGHT + DAY }])
    expect(stale('1h', ['L1', 'L2'])).toEqual([{ start: TEN, end: TEN + 2 * HOUR }])
    expect(stale('1h', null)).toEqual([{ start: TEN, end: TEN + 2 * HOUR }])
    expect(stale('1h', ['L3'])).toEqual([])
    expect(world.rollups.stale('1h', 'manhole-cover', null, 0, FOREVER)).toEqual([])
    const [from, to] = [TEN + HOUR + 1, TEN + HOUR + 2]
    expect(world.rollups.stale('1m', 'streetlight', ['L1'], from, to)).toEqual([
      { start: from, end: to },
    ])
    expect(world.rollups.status.dirty).toBe(2)
    await world.rollups.work()
    expectClean(world)
    await expectTrue(world, ZONE)
  })

  it('tell nothing beyond what is closed', async () => {
    const at = TEN + 2 * DAY + 30 * MINUTE
    await world.feed(plain(at))
    world.to(at + 5 * MINUTE)
    await world.rollups.work()
    await world.feed(late(at + 5 * MINUTE, at + 1_000))
    expect(stale('1m')).toEqual([{ start: TEN + 2 * DAY, end: world.rollups.through('1m') }])
    expect(stale('1h')).toEqual([])
    expect(stale('1d')).toEqual([])
  })

  it('ask once for all devices of a type and hour', async () => {
    const ts = TEN + HOUR + 5 * MINUTE
    for (let n = 0; n < 50; n++) await world.feed(late(TEN + 2 * DAY, ts + n, `L${n}`))
    await world.rollups.work()
    expect(world.asked.reads).toEqual([{ type: 'streetlight', devices: 50, from: TEN + HOUR }])
    expectClean(world)
    await expectTrue(world, ZONE)
  })

  it('keep a mark that came again while it was worked on', async () => {
    await world.feed(late(TEN + 2 * DAY, TEN + HOUR + 5 * MINUTE))
    const work = world.rollups.work()
    await world.feed(late(TEN + 2 * DAY, TEN + HOUR + 6 * MINUTE))
    await work
    expect(stale('1h')).toHaveLength(1)
    await world.rollups.work()
    expectClean(world)
    await expectTrue(world, ZONE)
  })

  it('take a reading from far ahead for a late one of its own time', async () => {
    const at = TEN + 2 * DAY
    await world.feed({ ...late(at, at + 5 * HOUR), metrics: { power: 7 } })
    world.to(at + 3 * HOUR)
    await world.rollups.work()
    world.to(at + 7 * HOUR)
    expect(world.rollups.status.dirty).toBe(1)
    await world.rollups.work()
    expectClean(world)
    await expectTrue(world, ZONE)
  })
})

describe('rollups whose raw readings have expired', () => {
  it('leave windows as they are and tell it', async () => {
    let keptSince = 0
    await begin({ rawKeptSince: () => keptSince })
    await world.feed(plain(TEN), plain(TEN + MINUTE))
    world.to(TEN + 2 * DAY)
    await world.rollups.work()
    const puts = world.asked.puts
    keptSince = TEN + 1
    await world.feed(late(TEN + 2 * DAY, TEN + 5_000))
    await world.rollups.work()
    expect(world.asked.puts).toBe(puts)
    expectClean(world)
    expect(world.problems).toEqual([
      expect.stringMatching(/^late readings not rolled up: .*streetlight at 2026-11-02T02:00/),
    ])
  })

  it('make the minutes of a cold hour from where readings are whole', async () => {
    await begin({ rawKeptSince: () => TEN + MINUTE - 1 })
    await world.feed(plain(TEN), plain(TEN + MINUTE))
    await world.crash()
    world.to(TEN + 5 * MINUTE)
    await world.rollups.work()
    const starts: number[] = []
    const query = { type: 'streetlight', metrics: null, devices: null, from: 0, to: FOREVER }
    for await (const rows of world.store.windows('1m', query))
      starts.push(...rows.map(({ start }) => start))
    expect(starts).toEqual([TEN + MINUTE])
  })
})

describe('rollups over a store with a damaged file', () => {
  it('put off what cannot be read, tell it, and go on with the rest', async () => {
    await begin()
    const metered = { type: 'well-meter', metrics: { volume_total: 5 } }
    await world.feed(plain(TEN), { ...plain(TEN, 'W1'), ...metered }, plain(TEN + HOUR))
    world.store.readings = (query) => {
      if (query.type === 'streetlight' && query.from < TEN + HOUR && query.to > TEN)
        throw new Error('Cannot read 2026-11-02.db: it is malformed')
      return world.raw.readings(query)
    }
    await world.crash()
    world.to(TEN + 2 * DAY)
    for (let time = 0; time < 4; time++) await world.rollups.work().catch(() => {})
    expect(world.problems).toEqual([expect.stringContaining('malformed')])
    expect(world.rollups.through('1d')).toBe(MIDNIGHT + 2 * DAY)
    expect(stale('1h')).toEqual([{ start: TEN, end: TEN + HOUR }])
    world.store.readings = (query) => world.raw.readings(query)
    expect(await expectTrue(world, ZONE)).toBeGreaterThan(4)
    await world.rollups.work()
    expectClean(world)
    expect(await expectTrue(world, ZONE)).toBe(3 * 2 + 2)
  })
})

describe('rollups after a crash', () => {
  it('make an hour of minutes that the process before has kept', async () => {
    await begin()
    await world.feed(plain(TEN + MINUTE))
    world.to(TEN + 10 * MINUTE)
    await world.rollups.work()
    await world.sync()
    await world.sync()
    await world.crash()
    expect(world.rollups.through('1m')).toBe(TEN + 8 * MINUTE)
    world.to(TEN + 2 * DAY)
    await world.rollups.work()
    expect(world.asked.reads).toEqual([])
    expect(await expectTrue(world, ZONE)).toBe(3)
  })

  it('make windows again that were put while the store synced, and are lost in a power cut', async () => {
    await begin()
    await world.feed(plain(TEN), plain(TEN + MINUTE))
    world.to(TEN + HOUR + 10 * MINUTE)
    await world.store.sync()
    await world.rollups.work()
    world.rollups.sync()
    await world.crash(true)
    await expectTrue(world, ZONE)
    await world.rollups.work()
    expect(await expectTrue(world, ZONE)).toBe(3)
  })

  it('keep a mark whose windows may not be on disk', async () => {
    await begin()
    await world.feed(plain(TEN))
    world.to(TEN + 2 * DAY)
    await world.rollups.work()
    await world.sync()
    await world.feed(late(TEN + 2 * DAY, TEN + 5_000))
    await world.sync()
    await world.rollups.work()
    world.rollups.sync()
    await world.crash(true)
    expect(stale('1h')).toEqual([{ start: TEN, end: TEN + HOUR }])
    await world.rollups.work()
    expectClean(world)
    await expectTrue(world, ZONE)
    await world.sync()
    await world.sync()
    await world.crash()
    expectClean(world)
  })

  it('skip readings that were taken before', async () => {
    await begin()
    await world.feed(plain(TEN), plain(TEN + MINUTE))
    world.to(TEN + 2 * DAY)
    await world.rollups.work()
    await world.sync()
    await world.crash()
    await world.offerAgain(0)
    expectClean(world)
  })

  it('do not open a ledger of another version', async () => {
    await begin()
    const file = join(directory.path, 'rollups.db')
    const database = new DatabaseSync(file)
    database.exec('UPDATE meta SET format = 99')
    database.close()
    await expect(world.crash()).rejects.toThrow(/expected format 1, got 99/)
  })
})
