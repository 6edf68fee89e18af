// The part of the telemetry stores' suite on what is taken away: only whole pieces before the moment, as told before, and no count.

import { expect, it } from 'vitest'
import { summaryOf } from '../../src/core/telemetry/summary.ts'
import { positionAt } from '../../src/core/position.ts'
import {
  rollupLevels,
  type Expired,
  type RowQuery,
  type TelemetryLevel,
  type TelemetryStore,
} from '../../src/ports.ts'
import { cover, DAY, lamp, reading, rowQuery } from './telemetry-readings.ts'
import { readingsOf, windowsOf } from './telemetry-rows.ts'
import type { TelemetryCases } from './telemetry-store.ts'
import { countsOf, LATER } from './telemetry-store-writes.ts'
import { windowRow } from './telemetry-store-windows.ts'

const levels = ['raw', ...rollupLevels] as const
const at = positionAt

/** A local midnight of Asia/Shanghai, so that a window of each level may start there. */
const midnight = (day: number): number => Date.UTC(2026, 10, 1, 16) + day * DAY

/** Pieces are a year long at most: what lies two years before goes, what lies behind stays. */
const OLD = [-900, -799].map(midnight)
const KEPT = [-10, 0].map(midnight)
const BEFORE = midnight(-11)

const wide = (more: Partial<RowQuery> = {}): RowQuery =>
  rowQuery({ from: midnight(-2_000), to: midnight(10), ...more })

async function fill(store: TelemetryStore): Promise<void> {
  const times = [...OLD, ...KEPT]
  await store.write(
    times.flatMap((ts, n) => [
      reading(n + 1, ts, { power: n }),
      reading(n + 1, ts, { tilt: n }, { device: 'C1', type: cover.id }),
    ]),
    at(times.length),
    LATER,
  )
  for (const level of rollupLevels) {
    const rows = times.map((start, n) => windowRow(lamp, start, { power: summaryOf(n) }))
    await store.putWindows(level, lamp.id, rows)
  }
}

/** When the lamp's readings and windows are from, by level. */
async function timesOf(store: TelemetryStore, level: TelemetryLevel): Promise<number[]> {
  return level === 'raw'
    ? (await readingsOf(store, wide())).map(({ ts }) => ts)
    : (await windowsOf(store, level, wide(), [])).map(({ start }) => start)
}

export function telemetryRetentionCases({ options, subject, reopened }: TelemetryCases): void {
  it('drops old pieces of a level, as told before, and nothing else', async () => {
    const { store } = await subject()
    await fill(store)
    const counts = store.counts()
    const dropped: TelemetryLevel[] = []
    for (const level of levels) {
      expect(await store.expired(level, lamp.id, midnight(-1_500))).toEqual([])

      const told = await store.expired(level, lamp.id, BEFORE)
      expectPieces(told, level)
      expect(await timesOf(store, level)).toEqual([...OLD, ...KEPT])

      expect(await store.drop(level, lamp.id, BEFORE)).toEqual(told)
      dropped.push(level)
      for (const each of levels)
        expect(await timesOf(store, each)).toEqual(
          dropped.includes(each) ? KEPT : [...OLD, ...KEPT],
        )
      expect(await store.expired(level, lamp.id, BEFORE)).toEqual([])
      expect(await store.drop(level, lamp.id, BEFORE)).toEqual([])
    }
    const covers = wide({ type: cover.id, metrics: ['tilt'] })
    expect(await readingsOf(store, covers)).toHaveLength(OLD.length + KEPT.length)
    expect(store.counts()).toEqual(counts)
  })

  function expectPieces(told: readonly Expired[], level: TelemetryLevel): void {
    for (const piece of told) {
      expect(piece).toMatchObject({ level, type: lamp.id })
      expect(piece.from).toBeLessThan(piece.to)
      expect(piece.to).toBeLessThanOrEqual(BEFORE)
      expect(piece.where).not.toBe('')
    }
    for (const ts of OLD)
      expect(told.filter((piece) => piece.from <= ts && ts < piece.to)).toHaveLength(1)
    if (told.every((piece) => piece.rows !== null))
      expect(told.reduce((sum, piece) => sum + (piece.rows ?? 0), 0)).toBe(OLD.length)
  }

  it('never drops what begins at the moment or later', async () => {
    const { store } = await subject()
    await fill(store)
    for (const level of levels)
      for (const moment of [...OLD, ...KEPT]) {
        await store.drop(level, lamp.id, moment)
        const times = await timesOf(store, level)
        expect(times.filter((t) => t >= moment)).toEqual(
          [...OLD, ...KEPT].filter((t) => t >= moment),
        )
      }
  })

  it('has nothing to drop of a type without readings', async () => {
    const { store } = await subject()
    for (const level of levels) {
      expect(await store.expired(level, lamp.id, LATER)).toEqual([])
      expect(await store.drop(level, lamp.id, LATER)).toEqual([])
    }
    await expect(store.expired('raw', 'spaceship', LATER)).rejects.toThrow(RangeError)
    await expect(store.drop('1h', 'spaceship', LATER)).rejects.toThrow(RangeError)
  })

  it('takes readings of a dropped time again, and counts them as they come', async () => {
    const { store } = await subject()
    await fill(store)
    await store.drop('raw', lamp.id, BEFORE)
    await store.write([reading(5, OLD[0] ?? 0, { power: 9 })], at(5), LATER)
    expect(store.counts()).toEqual(countsOf({ stored: 9 }))
    expect(await timesOf(store, 'raw')).toEqual([OLD[0], ...KEPT])
    const extent = await store.extent()
    expect(extent?.from).toBeLessThanOrEqual(OLD[0] ?? 0)
    await store.drop('raw', lamp.id, BEFORE)
    expect(await timesOf(store, 'raw')).toEqual(KEPT)
  })

  if (options.keeps)
    it('remembers counts and what it dropped when it is opened again', async () => {
      const first = await subject()
      await fill(first.store)
      for (const level of levels) await first.store.drop(level, lamp.id, BEFORE)
      const { store } = await reopened(first)
      expect(store.counts()).toEqual(countsOf({ stored: 8 }))
      for (const level of levels) expect(await timesOf(store, level)).toEqual(KEPT)
    })
}
