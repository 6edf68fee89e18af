// Windows that the database refuses, and levels that a stranger has taken away: neither counts as kept.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
const TEN = Date.UTC(2026, 10, 2, 2)
const MIDNIGHT = TEN - 10 * HOUR
const FOREVER = Number.MAX_SAFE_INTEGER

let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>
let world: World

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  world = await createWorld(directory.path, ZONE)
})
afterEach(async () => {
  await world.close()
  await directory.remove()
})

async function feed(from: number, to: number, everyMs = 10 * MINUTE): Promise<void> {
  for (let at = from; at < to; at += everyMs) {
    await world.feed({ at, ts: at, device: 'L1' }, { at, ts: at, device: 'L2' })
    await world.rollups.work()
  }
}
const stale = (level: '1m' | '1h' | '1d') =>
  world.rollups.stale(level, 'streetlight', ['L1'], 0, FOREVER)
describe('rollups whose minutes the store refuses', () => {
  beforeEach(async () => {
    world.refuses = (level, _, start) => level === '1m' && start >= TEN + HOUR
    await feed(TEN, TEN + 3 * HOUR + 5 * MINUTE)
  })

  it('tell them as stale and waiting, keep hours true, and never stop', async () => {
    expect(world.rollups.through('1m')).toBeGreaterThanOrEqual(TEN + 2 * HOUR + 58 * MINUTE)
    expect(stale('1m')[0]?.start).toBe(TEN + HOUR)
    expect(stale('1m').at(-1)?.end).toBe(world.rollups.through('1m'))
    expect(stale('1h')).toEqual([])
    expect(world.rollups.status.dirty).toBeGreaterThanOrEqual(2)
    expect(await expectTrue(world, ZONE)).toBeGreaterThan(0)
    await feed(TEN + 4 * HOUR, TEN + 2 * DAY, HOUR)
    expect(stale('1d')).toEqual([])
    await expectTrue(world, ZONE)
  })

  it('try them again at most hourly, a few at once', async () => {
    const { puts } = world.asked
    for (let time = 0; time < 20; time++) await world.rollups.work()
    expect(world.asked.puts).toBe(puts)
    await feed(TEN + 4 * HOUR, TEN + 3 * DAY, HOUR)
    const before = world.asked.reads.length
    world.to(TEN + 4 * DAY)
    await world.rollups.work()
    expect(world.asked.reads.length - before).toBeLessThan(30)
  })

  it('make them once they are taken, also after a crash', async () => {
    await world.sync()
    await world.sync()
    await world.crash()
    expect(stale('1m')[0]?.start).toBe(TEN + HOUR)
    world.refuses = () => false
    world.to(TEN + 6 * HOUR)
    await world.rollups.work()
    expectClean(world)
    expect(await expectTrue(world, ZONE)).toBeGreaterThan(30)
    await world.sync()
    await world.sync()
    await world.crash(true)
    expectClean(world)
    await expectTrue(world, ZONE)
  })

  it('make them soon after the store has changed its state', async () => {
    world.refuses = () => false
    world.to(TEN + 3 * HOUR + 5 * MINUTE)
    await world.rollups.work()
    expect(stale('1m')).not.toEqual([])
    world.stateSince = 5
    await world.rollups.work()
    expectClean(world)
    await expectTrue(world, ZONE)
  })
})

describe('rollups whose hours or days the store refuses', () => {
  it.each(['1h', '1d'] as const)('keep the rest true: %s', async (refused) => {
    world.refuses = (level) => level === refused
    await feed(TEN, TEN + 2 * DAY, 20 * MINUTE)
    expect(stale('1m')).toEqual([])
    expect(stale('1d')[0]?.start).toBe(MIDNIGHT)
    expect(stale('1h').length > 0).toBe(refused === '1h')
    await expectTrue(world, ZONE)
    world.refuses = () => false
    world.to(TEN + 2 * DAY + 2 * HOUR)
    await world.rollups.work()
    expectClean(world)
    await expectTrue(world, ZONE)
  })
})

describe('rollups one of whose levels was taken away', () => {
  beforeEach(async () => {
    await feed(TEN, TEN + 2 * DAY, 20 * MINUTE)
    await world.sync()
    await world.sync()
  })

  it.each([[['1m']], [['1h']], [['1d']], [['1m', '1h', '1d']], [['1m', '1d']]] as const)(
    'make it again, and do not count on it meanwhile: %s',
    async (levels) => {
      const compared = await expectTrue(world, ZONE)
      world.lose(...levels)
      await expectTrue(world, ZONE)
      expect(world.rollups.through(levels[0])).toBeLessThanOrEqual(TEN)
      await world.rollups.work()
      expect(world.problems).toEqual([expect.stringMatching(/^windows lost: /)])
      expectClean(world)
      expect(await expectTrue(world, ZONE)).toBe(compared)
      expect(world.store.lost?.()).toEqual([])
      await feed(TEN + 2 * DAY, TEN + 4 * DAY, HOUR)
      await expectTrue(world, ZONE)
    },
  )

  it('go on with that after a crash at any moment', async () => {
    world.to(TEN + 2 * DAY)
    await world.rollups.work()
    const compared = await expectTrue(world, ZONE)
    world.lose('1m', '1h')
    for (let failAfter = 0; failAfter < 120; failAfter += 7) {
      world.failAfter = failAfter
      await world.rollups.work().catch(() => {})
      world.failAfter = FOREVER
      if (failAfter % 2 === 0) await world.sync()
      await world.crash(failAfter % 3 === 0)
      world.to(TEN + 2 * DAY)
      await expectTrue(world, ZONE)
    }
    await world.rollups.work()
    expectClean(world)
    expect(await expectTrue(world, ZONE)).toBe(compared)
  })

  it('say from when on it is whole, where the readings are not', async () => {
    const elsewhere = await makeTemporaryDirectory()
    const other = await createWorld(elsewhere.path, ZONE, {
      rawKeptSince: () => MIDNIGHT + DAY,
    })
    await other.feed({ at: TEN, ts: TEN }, { at: TEN + 30 * HOUR, ts: TEN + 30 * HOUR })
    other.to(TEN + 40 * HOUR)
    await other.rollups.work()
    await other.sync()
    other.lose('1m')
    await other.rollups.work()
    expect(other.rollups.keptSince('1m', 'streetlight')).toBe(MIDNIGHT + DAY)
    expect(other.rollups.keptSince('1h', 'streetlight')).toBe(0)
    await other.crash()
    expect(other.rollups.keptSince('1m', 'streetlight')).toBe(MIDNIGHT + DAY)
    await other.close()
    await elsewhere.remove()
  })
})

describe('rollups before the first reading of a process', () => {
  it('are as far behind as what is kept reaches, and begin no earlier than it', async () => {
    await world.feed({ at: TEN, ts: TEN - 7 * DAY }, { at: TEN, ts: TEN })
    // Killed before the first save.
    await world.crash()
    const { through, lagMs } = world.rollups.status
    expect(through).toBe(MIDNIGHT - 7 * DAY)
    expect(Math.abs(lagMs - (TEN - through))).toBeLessThan(MINUTE + 1)
    world.to(TEN + 5 * MINUTE)
    await world.rollups.work()
    expect(world.rollups.status.lagMs).toBeLessThan(5 * MINUTE)
    await expectTrue(world, ZONE)
  })
})
