// Rollups that are opened for the first time while the database is away, and an hour after.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TelemetryUnavailable } from '../../../src/ports.ts'
import { createWorld, DAY, expectClean, expectTrue, HOUR, MINUTE } from './rollup-world.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

const ZONE = 'Asia/Shanghai'
const TEN = Date.UTC(2026, 10, 2, 2)

let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
})

afterEach(async () => {
  await directory.remove()
})

describe('rollups over a store that has never answered', () => {
  it('open, and make all windows once it has', async () => {
    const world = await createWorld(directory.path, ZONE)
    const kept = { ...world.store }
    const away = () => Promise.reject(new TelemetryUnavailable('The server is away'))
    const at = (ts: number, device = 'L1') => ({ at: ts, ts, device })
    await world.feed(at(TEN - 2 * DAY))
    world.store.extent = away
    // Nothing was ever saved: the next process knows of nothing.
    await world.crash()
    await expect(world.rollups.work()).rejects.toThrow(TelemetryUnavailable)
    await world.feed(at(TEN), at(TEN + 1_000, 'L2'), { at: TEN + 2_000, ts: TEN - 3 * HOUR })
    await world.sync()
    expect(world.rollups.through('1d')).toBe(0)
    world.store.extent = () => kept.extent()
    await world.rollups.work()
    await world.feed(at(TEN + 10 * MINUTE))
    world.to(TEN + 2 * DAY)
    await world.rollups.work()
    expectClean(world)
    expect(await expectTrue(world, ZONE)).toBe(5 + 4 + 3)
    await world.close()
  })
})
