import { describe, expect, it } from 'vitest'
import { TelemetryUnavailable, type TelemetryStore } from '../../../src/ports.ts'
import type { Span } from '../../../src/store/telemetry/local-windows.ts'
import { cover, lamp } from '../../contracts/telemetry-store.ts'
import {
  filled,
  HOUR,
  midnightAgo,
  NOW,
  oldest,
  retentionOf,
  type Situation,
} from './retention-rig.ts'

describe('createRetention()', () => {
  it('takes what its plan says, from the last local midnight that is old enough on', async () => {
    const store = await filled()
    const retention = retentionOf(store, { policy: { raw: '30d,manhole-cover=60d' } })
    const plan = await retention.plan()
    expect(plan.map(({ level, type, rows }) => [level, type, rows])).toEqual(
      [
        ['raw', lamp.id, 400 - 30 * 4 - 2],
        ['raw', cover.id, 400 - 60 * 4 - 2],
      ].map((row) => [row[0], row[1], expect.any(Number)]),
    )
    for (const piece of plan) {
      expect(piece.to).toBeLessThanOrEqual(midnightAgo(30))
      expect(piece.dueAt).toBe(NOW)
    }
    expect(await oldest(store, lamp.id)).toBe(NOW - 399 * 6 * HOUR)

    const gone = await retention.run()
    expect(gone.map((piece) => ({ ...piece, dueAt: NOW }))).toEqual(plan)
    expect(await oldest(store, lamp.id)).toBe(midnightAgo(30))
    expect(await oldest(store, cover.id)).toBe(midnightAgo(60))
    expect(await retention.plan()).toEqual([])
    expect(await retention.run()).toEqual([])
  })

  it('tells since when a level is kept, by type, from what has gone', async () => {
    const store = await filled()
    const retention = retentionOf(store, {
      policy: { raw: '30d,manhole-cover=60d', '1m': '400d' },
    })
    expect(retention.keptSince('raw', lamp.id)).toBe(0)
    await retention.run()
    for (const [type, days] of [
      [lamp.id, 30],
      [cover.id, 60],
    ] as const) {
      const kept = retention.keptSince('raw', type)
      expect(kept).toBeLessThanOrEqual(midnightAgo(days))
      expect(kept).toBeGreaterThan(midnightAgo(days) - 6 * HOUR)
    }
    expect(retention.keptSince('1d', lamp.id)).toBe(0)
  })

  it.each<[string, Partial<Situation>, number]>([
    [
      'nothing that days have yet to be made of',
      { through: midnightAgo(50) + HOUR },
      midnightAgo(50),
    ],
    [
      'nothing from the first stale day on',
      { stale: [{ start: midnightAgo(45) + HOUR, end: midnightAgo(44) }] },
      midnightAgo(45),
    ],
    ['nothing before rollups have begun', { through: 0 }, NOW - 399 * 6 * HOUR],
  ])('takes %s', async (_what, more, expected) => {
    const store = await filled()
    const retention = retentionOf(store, { policy: { raw: '30d' }, ...more })
    await retention.run()
    expect(await oldest(store, lamp.id)).toBe(expected)
    expect(retention.keptSince('raw', lamp.id)).toBeLessThanOrEqual(expected)
  })

  it('keeps everything for eight days, whatever the policy says', async () => {
    const store = await filled()
    await retentionOf(store, { policy: { raw: '1h' } }).run()
    expect(await oldest(store, lamp.id)).toBe(midnightAgo(8))
  })

  it('does not take back what it said when a late reading makes old windows stale again', async () => {
    const store = await filled()
    const stale: Span[] = []
    const retention = retentionOf(store, { policy: { raw: '30d' }, stale })
    await retention.run()
    const kept = retention.keptSince('raw', lamp.id)
    expect(kept).toBeGreaterThan(midnightAgo(31))
    stale.push({ start: midnightAgo(70), end: midnightAgo(69) })
    await retention.run()
    expect(retention.keptSince('raw', lamp.id)).toBe(kept)
  })

  it('goes on after a failure of one type, and tells it at the end', async () => {
    const store = await filled()
    const broken: TelemetryStore = {
      ...store,
      drop: async (level, type, before) => {
        if (type === lamp.id) throw new Error('file is damaged')
        return store.drop(level, type, before)
      },
    }
    const retention = retentionOf(broken, { policy: { raw: '30d' } })
    await expect(retention.run()).rejects.toThrow(
      /^Cannot drop raw of streetlight before 2026-.*file is damaged$/,
    )
    expect(await oldest(store, cover.id)).toBe(midnightAgo(30))
  })

  it('stops at once when the store is away, and joins a run under way', async () => {
    const store = await filled()
    let calls = 0
    const away: TelemetryStore = {
      ...store,
      drop: async () => {
        calls++
        throw new TelemetryUnavailable('nobody answers')
      },
    }
    const retention = retentionOf(away, { policy: { raw: '30d' } })
    const [first, second] = await Promise.allSettled([retention.run(), retention.run()])
    expect([first.status, second.status, calls]).toEqual(['rejected', 'rejected', 1])
    await expect(retention.run()).rejects.toThrow(TelemetryUnavailable)
    expect(calls).toBe(2)
  })
})
