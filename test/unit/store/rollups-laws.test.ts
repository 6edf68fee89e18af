import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TelemetryUnavailable } from '../../../src/ports.ts'
import {
  createWorld,
  DAY,
  expectClean,
  expectTrue,
  HOUR,
  MINUTE,
  type Fed,
  type World,
} from './rollup-world.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

/** Somewhat before a change of the clock, where there is one. */
const places = [
  { timeZone: 'Asia/Shanghai', start: Date.UTC(2026, 10, 1, 14, 40) },
  { timeZone: 'Europe/Berlin', start: Date.UTC(2026, 9, 24, 21, 20) },
  { timeZone: 'Europe/Berlin', start: Date.UTC(2026, 2, 28, 22, 50) },
  { timeZone: 'Australia/Lord_Howe', start: Date.UTC(2026, 9, 3, 13, 10) },
  { timeZone: 'Australia/Lord_Howe', start: Date.UTC(2026, 3, 4, 12, 45) },
]

/** How far before its arrival something was measured. */
const ageMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1_000, 59_999, 60_000) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 4 * MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: -12 * MINUTE, max: 0 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * HOUR }) },
  { weight: 1, arbitrary: fc.integer({ min: -4 * HOUR, max: 0 }) },
)
const stepMs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 30_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 10 * MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * HOUR }) },
)
const quarters = fc.integer({ min: -40, max: 400 }).map((n) => n / 4)
const origin = fc.constantFrom(
  { type: 'streetlight', device: 'L1', metric: 'power' },
  { type: 'streetlight', device: 'L1', metric: 'lamp_on' },
  { type: 'streetlight', device: 'L2', metric: 'power' },
  { type: 'streetlight', device: 'L3', metric: 'power' },
  { type: 'well-meter', device: 'W1', metric: 'volume_total' },
  { type: 'well-meter', device: 'W1', metric: 'pressure' },
)
const arrival = fc.record({
  origin,
  stepMs,
  ageMs,
  value: fc.oneof(quarters, fc.constantFrom(0, 3, 999, 99_998)),
  simulated: fc.boolean(),
  /** Measured when the last one was. */
  isAgain: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
})
const deed = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(arrival, { minLength: 1, maxLength: 6 })
      .map((arrivals) => ({ kind: 'feed' as const, arrivals })),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'work' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('work and feed' as const),
      arrivals: fc.array(arrival, { maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      after: fc.integer({ min: 0, max: 12 }),
      isAway: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('sync' as const), isWorking: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      back: fc.nat({ max: 5 }),
      isPowerCut: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('refuse' as const),
      level: fc.constantFrom('1m' as const, '1h' as const, '1d' as const, null),
      phase: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lose' as const),
      levels: fc.subarray(['1m', '1h', '1d'] as const, { minLength: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: 30 * HOUR }),
    }),
  },
)
const bounds = fc.record({
  openNumbersMax: fc.constantFrom(40, 400, 1e6),
  openWindowsMax: fc.constantFrom(2, 1_000),
  devicesMax: fc.constantFrom(1, 2, 1_000),
  dirtyDevicesMax: fc.constantFrom(1, 2, 1_000),
  dirtyMax: fc.constantFrom(2, 1_000),
})

type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never

function createFeed(start: number): (arrivals: readonly Arrival[]) => Fed[] {
  let at = start
  let last = new Map<string, number>()
  return (arrivals) =>
    arrivals.map(({ origin, stepMs, ageMs, value, simulated, isAgain }) => {
      at += stepMs
      const ts = (isAgain ? last.get(origin.device) : undefined) ?? at - ageMs
      last = new Map(last).set(origin.device, ts)
      const { type, device, metric } = origin
      return { at, ts, type, device, metrics: { [metric]: value }, simulated }
    })
}

async function tryToWork(world: World): Promise<boolean> {
  try {
    await world.rollups.work()
    return true
  } catch {
    return false
  }
}

describe('rollups', () => {
  it('tell what the raw readings tell, whatever comes late, fails or crashes, and catch up in the end', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        bounds,
        fc.array(deed, { minLength: 4, maxLength: 28 }),
        async ({ timeZone, start }, bounds, deeds) => {
          const directory = await makeTemporaryDirectory()
          const world = await createWorld(directory.path, timeZone, { bounds })
          const arrive = createFeed(start)
          /** The place in the feed that is safe against a crash, and the latest time told. */
          let safe = 0
          let now = start
          const feed = async (arrivals: readonly Arrival[]) => {
            const fed = arrive(arrivals).map((one) => ({ ...one, at: Math.max(one.at, now) }))
            now = fed.at(-1)?.at ?? now
            await world.feed(...fed)
          }
          try {
            for (const deed of deeds) {
              if (deed.kind === 'feed') await feed(deed.arrivals)
              if (deed.kind === 'wait') world.to((now += deed.ms))
              if (deed.kind === 'work') await world.rollups.work()
              if (deed.kind === 'work and feed') {
                const work = world.rollups.work()
                const fed = feed(deed.arrivals)
                const second = world.rollups.work()
                await Promise.all([work, fed, second])
              }
              if (deed.kind === 'fail') {
                world.failAfter = deed.after
                world.failure = () =>
                  deed.isAway ? new TelemetryUnavailable('Away') : new Error('Broken')
                await tryToWork(world)
                world.failAfter = Number.POSITIVE_INFINITY
              }
              if (deed.kind === 'sync') {
                const work = deed.isWorking ? world.rollups.work() : null
                await world.sync()
                safe = world.fed
                await work
              }
              if (deed.kind === 'lose') world.lose(...deed.levels)
              // Of some types, from some day on.
              if (deed.kind === 'refuse')
                world.refuses = (level, type, ts) =>
                  level === deed.level && (type.length + Math.floor(ts / DAY)) % 3 !== deed.phase
              if (deed.kind === 'crash') {
                await world.crash(deed.isPowerCut)
                await world.offerAgain(Math.max(0, safe - deed.back))
                world.to(now)
              }
              compared += await expectTrue(world, timeZone)
            }
            world.refuses = () => false
            world.to(now + 3 * DAY)
            await world.rollups.work()
            expectClean(world)
            expect(world.rollups.through('1d')).toBeGreaterThan(now)
            compared += await expectTrue(world, timeZone)
          } finally {
            await world.close()
            await directory.remove()
          }
        },
      ),
      { numRuns: 30 },
    )
    expect(compared).toBeGreaterThan(500)
  })
})
