import { describe, expect, it } from 'vitest'
import {
  parseRetention,
  type RetentionPolicy,
} from '../../../src/core/telemetry/retention-policy.ts'
import { positionAt } from '../../../src/core/position.ts'
import {
  TelemetryUnavailable,
  type RollupLevel,
  type TelemetryLevel,
  type TelemetryStore,
} from '../../../src/ports.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { createLocalWindows, type Span } from '../../../src/store/telemetry/local-windows.ts'
import { createRetention } from '../../../src/store/telemetry/retention.ts'
import {
  contractTypes,
  cover,
  lamp,
  meter,
  reading,
  rowQuery,
} from '../../contracts/telemetry-store.ts'
import { joined } from './queries-model.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const windowAt = createLocalWindows('Asia/Shanghai')
/** Noon in Shanghai; the local days begin at 16:00 UTC. */
const NOW = Date.UTC(2026, 10, 22, 4)
const midnightAgo = (days: number): number => NOW - 12 * HOUR - days * DAY

function policyOf(texts: Partial<Record<TelemetryLevel, string>>): RetentionPolicy {
  const level = (text = 'forever') => {
    const parsed = parseRetention(text)
    if (!parsed.ok) throw new Error(parsed.reason)
    return parsed.retention
  }
  return {
    raw: level(texts.raw),
    '1m': level(texts['1m']),
    '1h': level(texts['1h']),
    '1d': level(texts['1d']),
  }
}

/** Readings of a lamp and a cover, every six hours of a hundred days. */
async function filled(): Promise<TelemetryStore> {
  const store = createMemoryTelemetry({ types: contractTypes })
  const steps = Array.from({ length: 400 }, (_, n) => NOW - n * 6 * HOUR)
  await store.write(
    steps.flatMap((ts) => [
      reading(1, ts, { power: 1 }),
      reading(1, ts, { tilt: 1 }, { device: 'C1', type: cover.id }),
    ]),
    positionAt(1),
    NOW,
  )
  return store
}

async function oldest(store: TelemetryStore, type: string): Promise<number> {
  const query = rowQuery({ type, metrics: null, from: 0, to: NOW + DAY })
  const rows = (await Array.fromAsync(store.readings(query))).flat()
  return Math.min(...rows.map((row) => row.ts))
}

interface Situation {
  policy: Partial<Record<TelemetryLevel, string>>
  through?: number
  stale?: readonly Span[]
  now?: () => number
}

function retentionOf(
  store: TelemetryStore,
  { policy, through = NOW, stale = [], now = () => NOW }: Situation,
) {
  return createRetention({
    store,
    policy: policyOf(policy),
    types: contractTypes,
    windowAt,
    clock: { now },
    progress: {
      through: (level: RollupLevel) => windowAt(level, through).start,
      stale: (_level, type, _devices, from, to) =>
        type === lamp.id ? joined(stale, from, to) : [],
    },
  })
}

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
    for (const piece of plan) expect(piece.to).toBeLessThanOrEqual(midnightAgo(30))
    expect(await oldest(store, lamp.id)).toBe(NOW - 399 * 6 * HOUR)

    expect(await retention.run()).toEqual(plan)
    expect(await oldest(store, lamp.id)).toBe(midnightAgo(30))
    expect(await oldest(store, cover.id)).toBe(midnightAgo(60))
    expect(await retention.plan()).toEqual([])
    expect(await retention.run()).toEqual([])
  })

  it('tells since when a level is kept, by type', async () => {
    const retention = retentionOf(await filled(), {
      policy: { raw: '30d,manhole-cover=60d', '1m': '400d' },
    })
    expect(retention.keptSince('raw', lamp.id)).toBe(midnightAgo(30))
    expect(retention.keptSince('raw', cover.id)).toBe(midnightAgo(60))
    expect(retention.keptSince('1m', meter.id)).toBe(midnightAgo(400))
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
    stale.push({ start: midnightAgo(70), end: midnightAgo(69) })
    expect(retention.keptSince('raw', lamp.id)).toBe(midnightAgo(30))
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
