// A store with rollups that are as far as the test says: some windows closed, some stale, some missing. What queries make of it is compared
// with the readings themselves.

import type { Reading } from '../../../src/core/messages/reading.ts'
import { positionAt } from '../../../src/core/position.ts'
import { joinSummaries, summaryOf, type Summary } from '../../../src/core/telemetry/summary.ts'
import { metricsOf, type DeviceType } from '../../../src/core/device-type.ts'
import {
  rollupLevels,
  type RollupLevel,
  type RowQuery,
  type TelemetryStore,
} from '../../../src/ports.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import type { Span, WindowAt } from '../../../src/store/telemetry/local-windows.ts'
import type { RollupProgress } from '../../../src/store/telemetry/progress.ts'
import { contractTypes } from '../../contracts/telemetry-store.ts'

export interface RolledUp {
  readonly store: TelemetryStore
  readonly progress: RollupProgress
}

/**
 * `early` was there when the windows were made, `late` came afterwards: its hours and days are stale. Windows beyond `through` are kept
 * as well and wrong.
 */
export async function rolledUp(options: {
  readonly type: DeviceType
  readonly windowAt: WindowAt
  readonly early: readonly Reading[]
  readonly late: readonly Reading[]
  readonly through: Readonly<Record<RollupLevel, number>>
}): Promise<RolledUp> {
  const { type, windowAt, early, late, through } = options
  const store = createMemoryTelemetry({ types: contractTypes })
  for (const level of rollupLevels) await fillLevel(store, options, level)
  const all = [...early, ...late]
  const last = positionAt(Math.max(0, ...all.map((one) => one.position)))
  await store.write(all, last, last)

  return {
    store,
    progress: {
      through: (level) => windowAt(level, through[level]).start,
      stale(level, asked, devices, from, to) {
        const end = Math.min(to, windowAt(level, through[level]).start)
        const spans = late
          .filter((one) => devices === null || devices.includes(one.device))
          // A minute that has become stale is told with its whole hour.
          .map((one) => windowAt(level === '1d' ? '1d' : '1h', one.ts))
        return asked === type.id ? joined(spans, from, end) : []
      },
    },
  }
}

async function fillLevel(
  store: TelemetryStore,
  { type, windowAt, early, through }: Parameters<typeof rolledUp>[0],
  level: RollupLevel,
): Promise<void> {
  const rows = new Map<string, { device: string; start: number; readings: Reading[] }>()
  for (const reading of early.toSorted((a, b) => a.ts - b.ts)) {
    const { start } = windowAt(level, reading.ts)
    const key = `${reading.device} ${start}`
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { device: reading.device, start, readings: [reading] })
    else row.readings.push(reading)
  }
  await store.putWindows(
    level,
    type.id,
    [...rows.values()].map(({ device, start, readings }) => ({
      device,
      start,
      simulated: readings.some((one) => one.simulated),
      summaries: metricsOf(type).map((_, metric) =>
        start < windowAt(level, through[level]).start
          ? summaryOfAll(readings, metric)
          : summaryOf(-777),
      ),
    })),
  )
}

function summaryOfAll(readings: readonly Reading[], metric: number): Summary | null {
  let summary: Summary | null = null
  for (const { values } of readings) {
    const value = values[metric] ?? Number.NaN
    if (Number.isNaN(value)) continue
    summary = summary === null ? summaryOf(value) : joinSummaries(summary, summaryOf(value))
  }
  return summary
}

/** In order, apart from each other, cut to [from, to). */
export function joined(spans: readonly Span[], from: number, to: number): readonly Span[] {
  const apart: { start: number; end: number }[] = []
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const one = { start: Math.max(start, from), end: Math.min(end, to) }
    if (one.start >= one.end) continue
    const last = apart.at(-1)
    if (last !== undefined && one.start <= last.end) last.end = Math.max(last.end, one.end)
    else apart.push(one)
  }
  return apart
}

/** The same store with the devices' rows mixed and in small batches, as one may that keeps blocks of time. */
export function mixed(store: TelemetryStore, batchRows = 7): TelemetryStore {
  return {
    ...store,
    async *readings(query) {
      const rows = (await Array.fromAsync(store.readings(query))).flat()
      rows.sort((a, b) => a.ts - b.ts)
      for (let at = 0; at < rows.length; at += batchRows) yield rows.slice(at, at + batchRows)
    },
    async *windows(level, query) {
      const rows = (await Array.fromAsync(store.windows(level, query))).flat()
      rows.sort((a, b) => a.start - b.start)
      for (let at = 0; at < rows.length; at += batchRows) yield rows.slice(at, at + batchRows)
    },
  }
}

/** What the store is asked, beside its answers. */
export function watched(store: TelemetryStore): {
  store: TelemetryStore
  asked: string[]
  rows: number[]
} {
  const asked: string[] = []
  const rows: number[] = []
  const note = (level: string, { devices, from, to }: RowQuery) =>
    asked.push(`${level} ${devices?.join(',')} ${(to - from) / 60_000}min`)
  return {
    asked,
    rows,
    store: {
      ...store,
      async *readings(query) {
        note('raw', query)
        for await (const batch of store.readings(query)) {
          rows.push(batch.length)
          yield batch
        }
      },
      async *windows(level, query) {
        note(level, query)
        for await (const batch of store.windows(level, query)) {
          rows.push(batch.length)
          yield batch
        }
      },
    },
  }
}
