import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLiveFeed, type Batch, type LiveFeedOptions } from '../../../src/api/live-feed.ts'
import { createTimes } from '../../../src/api/times.ts'
import { createManualClock } from '../../../src/clock.ts'
import type { Changes } from '../../../src/ports.ts'
import { alert, latest, START, ticket } from './city.ts'

const times = createTimes('Asia/Shanghai')
const none: Changes = { alerts: [], tickets: [], readings: [], presence: [] }

function openFeed(options: Partial<LiveFeedOptions> = {}) {
  const clock = createManualClock(START)
  const failures: unknown[] = []
  const feed = createLiveFeed({
    clock,
    times,
    epoch: 'e',
    onFailed: (error) => failures.push(error),
    ...options,
  })
  const batches: Batch[] = []
  const off = feed.onBatch((batch) => batches.push(batch))
  return { clock, feed, batches, failures, off }
}

const ids = (json: string | null): string[] =>
  json === null
    ? []
    : JSON.parse(json).map(({ id, device }: { id?: string; device: string }) => id ?? device)

/** Count by id, as a reader of these batches in order would have it. */
function fold(list: readonly Batch[]): Record<string, number> {
  const alerts = list.flatMap(
    ({ alerts }) => JSON.parse(alerts ?? '[]') as { id: string; count: number }[],
  )
  return Object.fromEntries(alerts.map(({ id, count }) => [id, count] as const))
}

describe('the live feed', () => {
  it('sends one batch per 100 ms with the last state of each item', () => {
    const { clock, feed, batches } = openFeed()
    feed.publish({ ...none, alerts: [alert({ id: 'A.1', count: 1 }), alert({ id: 'A.2' })] })
    feed.publish({ ...none, alerts: [alert({ id: 'A.1', count: 2 })], tickets: [ticket()] })
    expect(batches).toEqual([])
    clock.set(START + 100)
    expect(batches).toHaveLength(1)
    const [batch] = batches
    expect(ids(batch?.alerts ?? null)).toEqual(['A.1', 'A.2'])
    expect(JSON.parse(batch?.alerts ?? '')[0]).toMatchObject({ op: 'up', count: 2 })
    expect(ids(batch?.tickets ?? null)).toEqual(['T.LH-L-00012.LEAKAGE.1'])
    expect(feed.place()).toBe('e.1')
    clock.set(START + 10_000)
    expect(batches).toHaveLength(1)
    expect(clock.nextDue()).toBeNull()
  })

  it('sends the first change after a pause at once and the next ones 100 ms later', () => {
    const { clock, feed, batches } = openFeed()
    feed.publish({ ...none, alerts: [alert({ id: 'A.1' })] })
    clock.set(START)
    expect(batches).toHaveLength(1)
    clock.set(START + 40)
    feed.publish({ ...none, alerts: [alert({ id: 'A.2' })] })
    clock.set(START + 99)
    expect(batches).toHaveLength(1)
    clock.set(START + 100)
    expect(batches).toHaveLength(2)
  })

  it('sends newest values of at most 500 devices at once, the others right after', () => {
    const { clock, feed, batches } = openFeed()
    const readings = Array.from({ length: 1200 }, (_, index) => latest({ device: `D-${index}` }))
    feed.publish({ ...none, readings })
    clock.set(START + 1000)
    expect(batches.map(({ readings }) => ids(readings).length)).toEqual([500, 500, 200])
    expect(new Set(batches.flatMap(({ readings }) => ids(readings))).size).toBe(1200)
  })

  it('lets the longest waiting values go when too many wait', () => {
    const { clock, feed, batches } = openFeed({ waitingMax: 3 })
    const readings = Array.from({ length: 5 }, (_, index) => latest({ device: `D-${index}` }))
    feed.publish({ ...none, readings })
    clock.set(START + 100)
    expect(ids(batches[0]?.readings ?? null)).toEqual(['D-2', 'D-3', 'D-4'])
  })

  it('gathers no values while nobody listens', () => {
    const { clock, feed, off } = openFeed()
    off()
    feed.publish({ ...none, readings: [latest()] })
    clock.set(START + 1000)
    expect(feed.seq).toBe(0)
  })

  it('gives missed batches again, until they are too many or too old', () => {
    const { clock, feed } = openFeed({ ringItemsMax: 3, ringMs: 60_000 })
    for (let round = 1; round <= 5; round++) {
      feed.publish({ ...none, alerts: [alert({ id: `A.${round}` })] })
      clock.set(START + round * 1000)
    }
    expect(feed.ringFrom).toBe(3)
    expect(feed.since(2)?.flatMap(({ alerts }) => ids(alerts))).toEqual(['A.3', 'A.4', 'A.5'])
    expect(feed.since(5)).toEqual([])
    expect(feed.since(1)).toBeNull()
    expect(feed.since(6)).toBeNull()
    clock.set(START + 100_000)
    feed.publish({ ...none, alerts: [alert({ id: 'A.6' })] })
    clock.set(START + 100_100)
    expect(feed.since(4)).toBeNull()
    expect(feed.since(5)?.flatMap(({ alerts }) => ids(alerts))).toEqual(['A.6'])
  })

  it('survives a change it cannot show, and lets nobody catch up across it', () => {
    const { clock, feed, batches, failures } = openFeed()
    feed.publish({ ...none, alerts: [alert({ since: Number.NaN })] })
    clock.set(START + 100)
    expect(failures).toHaveLength(1)
    feed.publish({ ...none, alerts: [alert()] })
    clock.set(START + 200)
    expect(batches.map(({ seq }) => seq)).toEqual([2])
    expect(feed.since(0)).toBeNull()
    expect(feed.since(1)).toHaveLength(1)
  })

  it('brings a reader who leaves and comes back to the state of one who stayed', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 4 }),
      waitMs: fc.integer({ min: 0, max: 250 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(), (steps, cut) => {
        const { clock, feed, batches } = openFeed()
        steps.forEach(({ id, waitMs }, count) => {
          feed.publish({ ...none, alerts: [alert({ id: `A.${id}`, count })] })
          clock.set(clock.now() + waitMs)
        })
        clock.set(clock.now() + 1000)
        expect(batches.map(({ seq }) => seq)).toEqual(batches.map((_, index) => index + 1))
        const left = cut % (batches.length + 1)
        const missed = feed.since(left) ?? []
        expect(fold([...batches.slice(0, left), ...missed])).toEqual(fold(batches))
        const expected = Object.fromEntries(steps.map(({ id }, count) => [`A.${id}`, count]))
        expect(fold(batches)).toEqual(expected)
      }),
    )
  })
})
