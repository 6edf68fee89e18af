// Telemetry in memory: for simulations, back-tests and tests. Same contract as the stores on disk, gone when the process ends.

import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { DeviceType } from '../../core/device-type.ts'
import { BEFORE_FIRST, type Millis, type Position } from '../../core/position.ts'
import type { Reading } from '../../core/messages/reading.ts'
import {
  rollupLevels,
  type Expired,
  type ReadingRow,
  type RollupLevel,
  type RowQuery,
  type TelemetryLevel,
  type TelemetryStore,
  type WindowRow,
} from '../../ports.ts'
import { checkReadings, checkRowQuery, checkType } from '../telemetry/check.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { createMemorySeries, createSeenTimes, type MemorySeries } from './memory-series.ts'
import { createMemoryWindows, type MemoryWindows } from './memory-windows.ts'

export interface MemoryTelemetryOptions {
  readonly types: readonly DeviceType[]
  /**
   * False: only count. Then each device's newest 1,024 times are remembered: a repetition of one of these is a duplicate, an older
   * time counts as stored, `revised` stays 0 and there is nothing to read. Default true: everything is kept.
   */
  readonly keep?: boolean
}

/** By type, then device. */
type Shelf<Kept> = ReadonlyMap<string, Map<string, Kept>>

const BATCH_ROWS = 4_096
const MINUTE_MS = 60_000
/** No window of the level is longer: a local day with a clock change has an hour more. */
const longestMs: Readonly<Record<TelemetryLevel, number>> = {
  raw: 1,
  '1m': MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '1d': 26 * 60 * MINUTE_MS,
}

export function createMemoryTelemetry(options: MemoryTelemetryOptions): TelemetryStore {
  const metricsOfType = metricsByType(options.types)
  const keep = options.keep ?? true
  const series: Shelf<MemorySeries> = emptyShelf(metricsOfType.keys())
  const windows = new Map<RollupLevel, Shelf<MemoryWindows>>(
    rollupLevels.map((level) => [level, emptyShelf(metricsOfType.keys())]),
  )
  let applied: Position = BEFORE_FIRST
  let stored = 0
  let duplicate = 0
  let revised = 0

  function seriesOf(reading: Reading): MemorySeries {
    const devices = series.get(reading.type)
    let one = devices?.get(reading.device)
    if (one === undefined) {
      one = keep ? createMemorySeries(reading.values.length) : createSeenTimes()
      devices?.set(reading.device, one)
    }
    return one
  }

  /** What `drop` would take or takes: all before the moment is one piece. */
  function before(
    level: TelemetryLevel,
    type: string,
    moment: Millis,
    isDropped: boolean,
  ): readonly Expired[] {
    checkType(type, metricsOfType)
    const limit = moment - longestMs[level] + 1
    const shelf: Shelf<MemorySeries | MemoryWindows> | undefined =
      level === 'raw' ? series : windows.get(level)
    let from = Number.POSITIVE_INFINITY
    let last = Number.NEGATIVE_INFINITY
    let rows = 0
    for (const one of shelf?.get(type)?.values() ?? []) {
      const count = one.countBefore(limit)
      const extent = one.extent()
      if (count === 0 || extent === null) continue
      rows += count
      from = Math.min(from, extent.from)
      last = Math.max(last, Math.min(extent.to, limit - 1))
      if (isDropped) one.drop(limit)
    }
    const to = last + longestMs[level]
    return rows === 0 ? [] : [{ level, type, from, to, rows, bytes: null, where: 'memory' }]
  }

  return {
    async write(readings, through) {
      checkReadings(readings, through, metricsOfType)
      for (const reading of readings) {
        if (reading.position <= applied) continue
        const { ts, values, simulated } = reading
        const outcome = seriesOf(reading).put(Math.floor(ts), values, simulated)
        if (outcome === 'new') stored++
        else duplicate++
        if (outcome === 'revised') revised++
      }
      if (through > applied) applied = through
    },
    async sync() {},
    counts: () => ({ stored, duplicate, revised, refused: 0 }),
    async *readings(query) {
      const metrics = checkRowQuery(query, metricsOfType)
      const { from, to } = query
      yield* inBatches(readingRows(chosen(series, query), metrics, from, to))
    },
    async *windows(level, query) {
      const metrics = checkRowQuery(query, metricsOfType)
      const devices = chosen(windows.get(level) ?? new Map<string, never>(), query)
      yield* inBatches(windowRows(devices, metrics, query.from, query.to))
    },
    async putWindows(level, type, rows) {
      checkType(type, metricsOfType)
      const devices = windows.get(level)?.get(type)
      if (!keep || devices === undefined) return
      for (const row of rows) {
        let one = devices.get(row.device)
        if (one === undefined) {
          one = createMemoryWindows()
          devices.set(row.device, one)
        }
        one.put(row)
      }
    },
    async extent() {
      let from = Number.POSITIVE_INFINITY
      let to = Number.NEGATIVE_INFINITY
      for (const devices of series.values())
        for (const one of devices.values()) {
          const extent = one.extent()
          if (extent === null) continue
          from = Math.min(from, extent.from)
          to = Math.max(to, extent.to)
        }
      return from <= to ? { from, to } : null
    },
    expired: async (level, type, moment) => before(level, type, moment, false),
    drop: async (level, type, moment) => before(level, type, moment, true),
    state: () => ({ kind: 'memory', state: 'ready', since: 0, detail: null, server: null }),
    async close() {},
  }
}

function emptyShelf<Kept>(types: Iterable<string>): Shelf<Kept> {
  const shelf = new Map<string, Map<string, Kept>>()
  for (const type of types) shelf.set(type, new Map())
  return shelf
}

function* chosen<Kept>(
  shelf: Shelf<Kept>,
  { type, devices }: Pick<RowQuery, 'type' | 'devices'>,
): Generator<readonly [string, Kept]> {
  const all = shelf.get(type)
  for (const device of devices === null ? (all?.keys() ?? []) : new Set(devices)) {
    const kept = all?.get(device)
    if (kept !== undefined) yield [device, kept]
  }
}

function* readingRows(
  devices: Iterable<readonly [string, MemorySeries]>,
  metrics: readonly number[],
  from: Millis,
  to: Millis,
): Generator<ReadingRow> {
  for (const [device, one] of devices)
    for (const { ts, simulated, values } of one.rows(metrics, from, to))
      yield { device, ts, simulated, values }
}

function* windowRows(
  devices: Iterable<readonly [string, MemoryWindows]>,
  metrics: readonly number[],
  from: Millis,
  to: Millis,
): Generator<WindowRow> {
  for (const [, one] of devices) yield* one.rows(metrics, from, to)
}

async function* inBatches<Row>(rows: Iterable<Row>): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < BATCH_ROWS) continue
    yield batch
    batch = []
    await letOthersRun()
  }
  if (batch.length > 0) yield batch
}
