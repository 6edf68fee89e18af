// A reading that the store has refused for good, offered again after a crash: nobody remembers then that it was.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { reading } from '../../contracts/telemetry-readings.ts'
import { createWorld, expectClean, expectTrue, MINUTE } from './rollup-world.ts'
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

describe('rollups that are offered what a former process has written', () => {
  it('make its windows from what the store has kept of it', async () => {
    const world = await createWorld(directory.path, ZONE, { journaledBefore: positionAt(2) })
    const at = (ts: number) => ({ at: ts, ts, device: 'L1' })
    await world.feed(at(TEN))
    // The store passes this position without keeping the reading.
    const refused = reading(2, TEN + 1_000, { power: 999 }, { receivedAt: TEN + 1_000 })
    world.rollups.took([{ ...refused, device: 'L1' }], positionAt(2), TEN + 1_000)
    world.to(TEN + 10 * MINUTE)
    await world.rollups.work()
    expectClean(world)
    expect(await expectTrue(world, ZONE)).toBe(1)
    await world.close()
  })
})
