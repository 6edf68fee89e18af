// A border of retention is acted upon once it has been wanted for a day, and stays acted upon.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TelemetryStore } from '../../../src/ports.ts'
import { cover, lamp } from '../../contracts/telemetry-store.ts'
import {
  DAY,
  filled,
  HOUR,
  midnightAgo,
  newFile,
  NOW,
  oldest,
  retentionOf,
  type Situation,
} from './retention-rig.ts'

/** The product with a clock that the test sets: hourly runs, restarts with another policy. */
async function living(
  policy: Situation['policy'] = { raw: '90d' },
  storeLike = (store: TelemetryStore) => store,
) {
  const store = storeLike(await filled())
  let through = Number.MAX_SAFE_INTEGER / 2
  const file = newFile()
  const problems: string[] = []
  let now = NOW
  const open = (texts: Situation['policy']) =>
    retentionOf(store, {
      policy: texts,
      through,
      file,
      runsToAct: 24,
      now: () => now,
      problems,
    })
  let retention = open(policy)
  return {
    store,
    file,
    problems,
    get now() {
      return now
    },
    get retention() {
      return retention
    },
    setClock(to: number) {
      now = to
    },
    rollUpTo(to: number) {
      through = to
    },
    restart(texts = policy) {
      retention = open(texts)
    },
    async hours(count: number) {
      let pieces = 0
      for (let hour = 0; hour < count; hour++) {
        pieces += (await retention.run()).length
        now += HOUR
      }
      return pieces
    },
    oldest: () => oldest(store, lamp.id),
  }
}
const OLDEST = NOW - 399 * 6 * HOUR
const YEARS = 700 * DAY

describe('a border of retention', () => {
  it('is acted upon by the last of the 24 hourly runs that wanted it, no earlier', async () => {
    const city = await living()
    await city.hours(23)
    expect(await city.oldest()).toBe(OLDEST)
    await city.hours(1)
    // The day has changed meanwhile: that border has its own day to wait.
    expect(await city.oldest()).toBe(midnightAgo(90))
    await city.hours(24)
    expect(await city.oldest()).toBe(midnightAgo(89))
  })

  it('takes nothing for a start with a wrong clock, and is forgotten once it is right again', async () => {
    const city = await living()
    await city.hours(30)
    const kept = await city.oldest()
    const right = city.now
    city.setClock(right + YEARS)
    city.restart()
    await city.hours(20)
    // But for what has been wanted since yesterday.
    expect(await city.oldest()).toBe(kept + DAY)
    city.setClock(right + 20 * HOUR)
    city.restart()
    await city.hours(23)
    expect(await city.oldest()).toBe(kept + DAY)
    await city.hours(7)
    expect(await city.oldest()).toBe(kept + 2 * DAY)
    expect(city.problems).toEqual([])
  })

  it('begins anew when the clock goes back, by however little', async () => {
    const city = await living()
    await city.hours(22)
    city.setClock(city.now - 2 * HOUR)
    await city.hours(23)
    expect(await city.oldest()).toBe(OLDEST)
    await city.hours(1)
    expect(await city.oldest()).toBe(midnightAgo(89))
  })

  it('is not acted upon within a day by runs that come a little faster', async () => {
    const city = await living()
    const startedAt = city.now
    while ((await city.oldest()) === OLDEST) {
      city.restart()
      await city.retention.run()
      city.setClock(city.now + 50 * 60_000)
    }
    expect(city.now - startedAt).toBeGreaterThan(22.8 * HOUR)
    expect(city.now - startedAt).toBeLessThan(25 * HOUR)
  })

  it('that rollups have held back is acted upon as soon as they let it', async () => {
    const city = await living()
    city.rollUpTo(midnightAgo(95))
    city.restart()
    await city.hours(30)
    expect(await city.oldest()).toBe(midnightAgo(95))
    city.rollUpTo(midnightAgo(0))
    city.restart()
    await city.hours(1)
    expect(await city.oldest()).toBe(midnightAgo(90))
  })

  it('counts a clock that leaps forth once for each leap', async () => {
    const city = await living()
    for (let leap = 0; leap < 23; leap++) {
      await city.hours(1)
      city.setClock(city.now + 5 * DAY)
    }
    expect(await city.oldest()).toBe(OLDEST)
  })

  it('is not acted upon sooner for many restarts, and not never for one a day', async () => {
    const city = await living()
    for (let start = 0; start < 100; start++) {
      city.restart()
      await city.retention.run()
      city.setClock(city.now + 5 * 60_000)
    }
    expect(await city.oldest()).toBe(OLDEST)
    for (let day = 0; day < 24; day++) {
      city.restart()
      await city.retention.run()
      city.setClock(city.now + DAY)
    }
    expect(await city.oldest()).toBeGreaterThanOrEqual(midnightAgo(90))
  })

  it('is taken back at once by a policy that keeps more', async () => {
    const city = await living({ raw: '9d' })
    await city.hours(23)
    city.restart({ raw: '90d' })
    await city.hours(1)
    city.restart({ raw: '9d' })
    await city.hours(23)
    expect(await city.oldest()).toBe(midnightAgo(89))
  })

  it('says beforehand what goes and when at the earliest, for a changed policy too', async () => {
    const city = await living()
    await city.hours(40)
    const changedAt = city.now
    city.restart({ raw: '9d' })
    const [planned] = (await city.retention.plan()).filter(({ type }) => type === lamp.id)
    expect(planned?.from).toBe(await city.oldest())
    const earliest = planned?.dueAt ?? 0
    expect(earliest).toBeGreaterThan(changedAt + 22 * HOUR)
    expect(earliest).toBeLessThan(changedAt + 24 * HOUR)
    while (city.now < earliest) {
      await city.hours(1)
      const [again] = (await city.retention.plan()).filter(({ type }) => type === lamp.id)
      expect(again?.to).toBeGreaterThan(NOW - 10 * DAY)
    }
    expect(await city.oldest()).toBeLessThan(NOW - 80 * DAY)
    await city.hours(1)
    expect(await city.oldest()).toBeGreaterThan(NOW - 10 * DAY)
  })

  it('stays acted upon: a level tells what is there, not what the policy says now', async () => {
    const city = await living({ raw: '20d' })
    await city.hours(24)
    const kept = city.retention.keptSince('raw', lamp.id)
    expect(kept).toBeGreaterThan(midnightAgo(21))
    city.restart({ raw: 'forever' })
    expect(city.retention.keptSince('raw', lamp.id)).toBe(kept)
    city.restart({ raw: '9d' })
    expect(city.retention.keptSince('raw', lamp.id)).toBe(kept)
    await city.hours(3)
    expect(city.retention.keptSince('raw', lamp.id)).toBe(kept)
  })

  it('does not make readings count as gone that came after a wrong clock had everything taken', async () => {
    // A database tells one piece, up to the border it was asked for.
    const city = await living({ raw: '90d' }, (store) => ({
      ...store,
      expired: async (level, type, before) =>
        (await store.expired(level, type, before)).map((piece) => ({ ...piece, to: before })),
    }))
    const right = city.now
    city.setClock(right + YEARS)
    await city.hours(60)
    expect(await city.oldest()).toBe(Number.POSITIVE_INFINITY)
    city.setClock(right + 60 * HOUR)
    city.restart()
    await city.hours(2)
    expect(city.retention.keptSince('raw', lamp.id)).toBeLessThanOrEqual(midnightAgo(-1))
    expect(city.retention.keptSince('raw', lamp.id)).toBeGreaterThan(NOW)
  })

  it('is tried again when it could not be acted upon', async () => {
    const store = await filled()
    let isBroken = true
    let now = NOW
    const retention = retentionOf(
      {
        ...store,
        drop: async (...asked) => {
          if (isBroken) throw new Error('file is busy')
          return store.drop(...asked)
        },
      },
      { policy: { raw: '90d,manhole-cover=forever' }, runsToAct: 2, now: () => now },
    )
    await retention.run()
    now += HOUR
    await expect(retention.run()).rejects.toThrow('file is busy')
    // Half of it may have gone.
    expect(retention.keptSince('raw', lamp.id)).toBeGreaterThan(OLDEST)
    isBroken = false
    expect(await retention.run()).toHaveLength(1)
  })
})

describe('the file of retention', () => {
  it.each([
    ['cut off', '{"format":1,"countedAt":1,"lev'],
    ['of another kind', '{"format":1,"countedAt":1,"levels":{"raw streetlight":{"acted":"x"}}}'],
    ['newer', '{"format":2}'],
    ['a list', '[]'],
  ])(
    'is put aside when it is %s; what is left in the store is what is kept',
    async (_what, text) => {
      const city = await living({ raw: '20d' })
      await city.hours(24)
      writeFileSync(city.file, text)
      city.restart()
      expect(city.problems).toEqual([
        expect.stringMatching(/^retention begins anew: Cannot read .*/),
      ])
      expect(readFileSync(`${city.file}.damaged`, 'utf8')).toBe(text)
      expect(await city.hours(1)).toBe(0)
      const kept = city.retention.keptSince('raw', lamp.id)
      expect(kept).toBeLessThanOrEqual(await city.oldest())
      expect(kept).toBeGreaterThan(midnightAgo(21))
      expect(existsSync(city.file)).toBe(true)
    },
  )

  it('that cannot be written keeps nothing from going, and is told', async () => {
    const store = await filled()
    const file = newFile()
    mkdirSync(`${file}.new`)
    const retention = retentionOf(store, { policy: { raw: '30d' }, file })
    await expect(retention.run()).rejects.toThrow(/^Cannot write .*EISDIR/)
    expect(await oldest(store, lamp.id)).toBe(midnightAgo(30))
    rmdirSync(`${file}.new`)
    await retention.run()
    const again = retentionOf(store, { policy: {}, file })
    expect(again.keptSince('raw', lamp.id)).toBeGreaterThan(midnightAgo(31))
  })

  it('that is lost, of a store with a damaged piece, stops nothing but that piece', async () => {
    const store = await filled()
    const damaged = {
      ...store,
      expired: async (...asked: Parameters<typeof store.expired>) => {
        if (asked[1] === lamp.id) throw new Error('damaged')
        return store.expired(...asked)
      },
    }
    const retention = retentionOf(damaged, { policy: { raw: '30d' } })
    await expect(retention.run()).rejects.toThrow(/^Cannot read what is left of raw of streetlight/)
    expect(await oldest(store, cover.id)).toBe(midnightAgo(30))
  })
})
