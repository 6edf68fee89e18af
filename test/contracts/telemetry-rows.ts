// Reads a store's rows for comparison: checks what every answer must satisfy, and puts devices one after the other.

import { expect } from 'vitest'
import type { Summary } from '../../src/core/telemetry/summary.ts'
import type {
  ReadingRow,
  RollupLevel,
  RowQuery,
  TelemetryStore,
  WindowRow,
} from '../../src/ports.ts'

export const BATCH_MAX = 5_000

/** The rows with a value, by device and time. */
export async function readingsOf(store: TelemetryStore, query: RowQuery): Promise<ReadingRow[]> {
  const rows = await checkedRows(store.readings(query), query, (row) => row.ts)
  return rows
    .filter((row) => row.values.some((value) => !Number.isNaN(value)))
    .map(({ device, ts, simulated, values }) => ({ device, ts, simulated, values: [...values] }))
}

/** Times and values of one metric, without the devices. */
export async function valuesOf(
  store: TelemetryStore,
  query: RowQuery,
): Promise<(readonly [number, number])[]> {
  return (await readingsOf(store, query)).map(
    (row) => [row.ts, row.values[0] ?? Number.NaN] as const,
  )
}

/** The windows with a summary, by device and start; `first` and `gained` only where `counters` (by place) says so. */
export async function windowsOf(
  store: TelemetryStore,
  level: RollupLevel,
  query: RowQuery,
  counters: readonly boolean[],
): Promise<WindowRow[]> {
  const rows = await checkedRows(store.windows(level, query), query, (row) => row.start)
  return rows
    .filter((row) => row.summaries.some((summary) => summary !== null))
    .map((row) => comparableWindow(row, counters))
}

/** What of a window every store gives back. */
export function comparableWindow(row: WindowRow, counters: readonly boolean[]): WindowRow {
  const { device, start, simulated } = row
  const summaries = row.summaries.map((summary, at) =>
    summary === null ? null : comparable(summary, counters[at] ?? false),
  )
  return { device, start, simulated, summaries }
}

function comparable(summary: Summary, isCounter: boolean): Summary {
  const { count, min, max, sum, first, last, gained } = summary
  return isCounter
    ? { count, min, max, sum, first, last, gained }
    : { count, min, max, sum, first: Number.NaN, last, gained: 0 }
}

async function checkedRows<Row extends { readonly device: string }>(
  batches: AsyncIterable<readonly Row[]>,
  query: RowQuery,
  timeOf: (row: Row) => number,
): Promise<Row[]> {
  const all: Row[] = []
  const newest = new Map<string, number>()
  for await (const batch of batches) {
    expect(batch.length).toBeLessThanOrEqual(BATCH_MAX)
    for (const row of batch) {
      const t = timeOf(row)
      if (!(t >= query.from && t < query.to && t > (newest.get(row.device) ?? -1)))
        expect.unreachable(
          `Got a row of ${row.device} at ${t}: expected one in [${query.from}, ${query.to}) and after ${newest.get(row.device)}`,
        )
      newest.set(row.device, t)
      all.push(row)
    }
  }
  if (query.devices !== null)
    expect([...newest.keys()].filter((device) => !query.devices?.includes(device))).toEqual([])
  return all.sort((a, b) => compareText(a.device, b.device) || timeOf(a) - timeOf(b))
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
