// A feed, a store in memory that can fail, and rollups over both that can be dropped and opened again: what the rollups' tests turn.

import { join } from 'node:path'
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { expect } from 'vitest'
import { metricsOf } from '../../../src/core/device-type.ts'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Summary } from '../../../src/core/telemetry/summary.ts'
import {
  rollupLevels,
  WindowsRefused,
  type RollupLevel,
  type TelemetryStore,
  type WindowRow,
} from '../../../src/ports.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import {
  openRollups,
  type Rollups,
  type RollupsOptions,
} from '../../../src/store/rollups/rollups.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import { bruteForceSummaries } from '../../contracts/brute-force-windows.ts'
import { contractTypes, reading } from '../../contracts/telemetry-readings.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A reading of the feed, received at `at`; its position is its place in the feed, from 1. */
export interface Fed {
  readonly at: number
  readonly ts: number
  readonly type?: string
  readonly device?: string
  readonly metrics?: Readonly<Record<string, number>>
  readonly simulated?: boolean
}

export interface Asked {
  readonly reads: {
    readonly type: string
    readonly devices: number | null
    readonly from: number
  }[]
  readonly belows: string[]
  puts: number
}

export interface World {
  readonly store: TelemetryStore
  /** The same readings, unwatched. */
  readonly raw: Pick<TelemetryStore, 'readings'>
  readonly asked: Asked
  readonly problems: string[]
  rollups: Rollups
  /** How many questions and puts the store still answers before it fails once; Infinity: it works. */
  failAfter: number
  failure: () => Error
  /** Windows the store refuses. */
  refuses: (level: RollupLevel, type: string, start: number) => boolean
  /** When the store came into its state. */
  stateSince: number
  /** A stranger takes these away; the store tells so until it is settled, also after a crash. */
  lose(...levels: readonly RollupLevel[]): void
  /** Writes and takes; positions go on from those before. */
  feed(...fed: readonly Fed[]): Promise<void>
  /** Offers from this place in the feed again, as the journal does after a crash. */
  offerAgain(from: number): Promise<void>
  /** Time moves on without a reading. */
  to(at: number): void
  /** Drops the rollups as a crash does, and opens them again; a power cut takes the windows that were put since the last `sync`. */
  crash(isPowerCut?: boolean): Promise<void>
  sync(): Promise<void>
  /** How many readings have been fed. */
  readonly fed: number
  close(): Promise<void>
}

export async function createWorld(
  directory: string,
  timeZone: string,
  more: Partial<RollupsOptions> = {},
): Promise<World> {
  const memory = createMemoryTelemetry({ types: contractTypes })
  const asked: Asked = { reads: [], belows: [], puts: 0 }
  const readings: { reading: Reading; at: number }[] = []
  const opened: Rollups[] = []
  const problems: string[] = []

  function mayFail(): void {
    if (world.failAfter-- > 0) return
    world.failAfter = Number.POSITIVE_INFINITY
    throw world.failure()
  }

  /** By level and type, then device and start; and as they were when the store was last synced. */
  let windows = new Map<string, Map<string, WindowRow>>()
  let lost: readonly RollupLevel[] = []
  let synced = new Map<string, Map<string, WindowRow>>()
  const copyOf = (all: typeof windows) =>
    new Map([...all].map(([key, rows]) => [key, new Map(rows)]))

  function putAll(level: RollupLevel, type: string, rows: readonly WindowRow[]): void {
    const key = `${level} ${type}`
    const kept = windows.get(key) ?? new Map<string, WindowRow>()
    windows.set(key, kept)
    for (const row of rows) kept.set(`${row.device} ${row.start}`, row)
  }

  const store: TelemetryStore = {
    ...memory,
    async *readings(query) {
      const { type, devices, from } = query
      asked.reads.push({ type, devices: devices?.length ?? null, from })
      mayFail()
      yield* memory.readings(query)
    },
    async *windows(level, query) {
      asked.belows.push(`${level} ${query.type}`)
      mayFail()
      const { from, to, devices } = query
      yield [...(windows.get(`${level} ${query.type}`)?.values() ?? [])]
        .filter(
          ({ start, device }) => start >= from && start < to && (devices?.includes(device) ?? true),
        )
        .sort((a, b) => a.start - b.start)
    },
    async putWindows(level, type, rows) {
      asked.puts++
      mayFail()
      // Half of it may be kept when it fails.
      putAll(
        level,
        type,
        rows.slice(0, 1).filter(({ start }) => !world.refuses(level, type, start)),
      )
      mayFail()
      await letOthersRun()
      const refused = rows.filter(({ start }) => world.refuses(level, type, start))
      putAll(
        level,
        type,
        rows.filter((row) => !refused.includes(row)),
      )
      if (refused.length > 0) throw new WindowsRefused('field type conflict', refused)
    },
    state: () => ({ ...memory.state(), since: world.stateSince }),
    lost: () => lost,
    settleLost(levels) {
      lost = lost.filter((level) => !levels.includes(level))
    },
    async sync() {
      synced = copyOf(windows)
    },
  }

  async function open(): Promise<Rollups> {
    const rollups = await openRollups({
      store,
      file: join(directory, 'rollups.db'),
      types: contractTypes,
      windowAt: createLocalWindows(timeZone),
      onProblem: (message, detail) => problems.push(`${message}: ${detail}`),
      ...more,
    })
    opened.push(rollups)
    return rollups
  }

  const world: World = {
    store,
    raw: memory,
    asked,
    problems,
    rollups: await open(),
    failAfter: Number.POSITIVE_INFINITY,
    failure: () => new Error('The store fails'),
    refuses: () => false,
    stateSince: 0,
    lose(...levels) {
      for (const of of [windows, synced])
        for (const key of of.keys())
          if (levels.some((level) => key.startsWith(`${level} `))) of.delete(key)
      lost = [...lost, ...levels.filter((level) => !lost.includes(level))]
    },
    async feed(...fed) {
      for (const { at, ts, metrics = { power: 1 }, ...rest } of fed) {
        const position = readings.length + 1
        const one = reading(position, ts, metrics, { receivedAt: at, ...rest })
        readings.push({ reading: one, at })
        await memory.write([one], one.position, at)
        world.rollups.took([one], one.position, at)
      }
    },
    async offerAgain(from) {
      for (const { reading, at } of readings.slice(from)) {
        await memory.write([reading], reading.position, at)
        world.rollups.took([reading], reading.position, at)
      }
    },
    to(at) {
      world.rollups.took([], positionAt(readings.length), at)
    },
    async crash(isPowerCut = false) {
      if (isPowerCut) windows = copyOf(synced)
      world.rollups = await open()
    },
    async sync() {
      await store.sync()
      await letOthersRun()
      world.rollups.sync()
    },
    get fed() {
      return readings.length
    },
    async close() {
      for (const rollups of opened) rollups.close()
      await memory.close()
    },
  }
  return world
}

type Kept = Map<string, { simulated: boolean; summary: Partial<Summary> }>

/** What is not kept for metrics that are no counters says nothing. */
function told(summary: Summary, isCounter: boolean): Partial<Summary> {
  const { count, min, max, sum, last } = summary
  return isCounter ? summary : { count, min, max, sum, last }
}

async function keptWindows(world: World, level: RollupLevel, type: string): Promise<Kept> {
  const kept: Kept = new Map()
  const of = contractTypes.find(({ id }) => id === type)
  const metrics = of === undefined ? [] : metricsOf(of)
  const query = { type, metrics: null, devices: null, from: 0, to: Number.MAX_SAFE_INTEGER }
  for await (const rows of world.store.windows(level, query))
    for (const { device, start, simulated, summaries } of rows)
      for (const [at, summary] of summaries.entries()) {
        const metric = metrics[at]
        if (summary === null || metric === undefined) continue
        const key = `${device} ${metric.id} ${start}`
        kept.set(key, { simulated, summary: told(summary, metric.kind === 'counter') })
      }
  return kept
}

async function trueWindows(
  world: World,
  level: RollupLevel,
  type: string,
  timeZone: string,
): Promise<Kept> {
  const windows: Kept = new Map()
  const of = contractTypes.find(({ id }) => id === type)
  const metrics = of === undefined ? [] : metricsOf(of)
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER }
  const values = new Map<string, Map<number, number>>()
  const simulated = new Map<string, Map<number, number>>()
  for await (const rows of world.raw.readings({ type, metrics: null, devices: null, ...all }))
    for (const row of rows) {
      const marks = simulated.get(row.device) ?? new Map<number, number>()
      simulated.set(row.device, marks.set(row.ts, row.simulated ? 1 : 0))
      for (const [at, value] of row.values.entries()) {
        const key = `${row.device} ${metrics[at]?.id}`
        const series = values.get(key) ?? new Map<number, number>()
        if (!Number.isNaN(value)) values.set(key, series.set(row.ts, value))
      }
    }
  for (const [key, series] of values) {
    const [device = '', metric = ''] = key.split(' ')
    const isCounter = metrics.find(({ id }) => id === metric)?.kind === 'counter'
    const query = { ...all, window: level, timeZone }
    const marks = bruteForceSummaries(simulated.get(device) ?? new Map(), query)
    for (const [start, summary] of bruteForceSummaries(series, query))
      windows.set(`${key} ${start}`, {
        simulated: marks.get(start)?.max === 1,
        summary: told(summary, isCounter),
      })
  }
  return windows
}

/** Every window that is kept, as far as rollups say they are, tells what the raw readings tell; returns how many were compared. */
export async function expectTrue(world: World, timeZone: string): Promise<number> {
  const windowAt = createLocalWindows(timeZone)
  let compared = 0
  for (const level of rollupLevels)
    for (const { id: type } of contractTypes) {
      const kept = await keptWindows(world, level, type)
      const wanted = await trueWindows(world, level, type, timeZone)
      const through = world.rollups.through(level)
      const isTold = (key: string): boolean => {
        const [device = '', , start = ''] = key.split(' ')
        const span = windowAt(level, Number(start))
        const stale = world.rollups.stale(level, type, [device], span.start, span.end)
        return span.end <= through && stale.length === 0
      }
      const only = (all: Kept) => new Map([...all].filter(([key]) => isTold(key)))
      expect({ level, type, windows: only(kept) }).toEqual({ level, type, windows: only(wanted) })
      compared += only(wanted).size
    }
  return compared
}

/** Nothing at all waits to be worked out again. */
export function expectClean(world: World): void {
  for (const level of rollupLevels)
    for (const { id } of contractTypes)
      expect(world.rollups.stale(level, id, null, 0, Number.MAX_SAFE_INTEGER)).toEqual([])
  expect(world.rollups.status.dirty).toBe(0)
}
