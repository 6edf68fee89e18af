// Rows for export, device by device. Few devices at a time are read together and put in order in memory, as many as give a few
// thousand rows; a device that has more than that alone is handed on as it is read.

import type { ExportQuery, ExportRow } from '../../ports.ts'
import { fillBefore } from './fill-before.ts'
import { createWindowFolds, pointOf } from './fold-windows.ts'
import type { SummaryWindow } from './local-windows.ts'
import type { LevelReads } from './level-reads.ts'

/** Rows of one batch, roughly. */
const BATCH_ROWS = 4_000
/** Rows that are put in order in memory. */
const ORDERED_ROWS_MAX = 4 * BATCH_ROWS
const DEVICES_TOGETHER_MAX = 256

/** `counters`: whether each of the query's metrics, by place, is one. */
export async function* exportRows(
  reads: LevelReads,
  query: ExportQuery,
  counters: readonly boolean[],
): AsyncGenerator<readonly ExportRow[]> {
  const devices = [...new Set(query.devices)]
  let together = 1
  let next = 0
  let batch: ExportRow[] = []
  while (next < devices.length) {
    const chosen = devices.slice(next, next + together)
    const parts =
      chosen.length === 1
        ? deviceRows(reads, query, chosen, counters)
        : await orderedRows(reads, query, chosen, counters)
    if (parts === null) {
      together = Math.max(1, chosen.length >> 2)
      continue
    }
    let count = 0
    for await (const rows of parts) {
      count += rows.length
      for (const row of rows) {
        batch.push(row)
        if (batch.length < BATCH_ROWS) continue
        yield batch
        batch = []
      }
    }
    next += chosen.length
    // Twice as many devices give a batch again, if they are like these.
    if (count * 2 <= BATCH_ROWS) together = Math.min(chosen.length * 2, DEVICES_TOGETHER_MAX)
  }
  if (batch.length > 0) yield batch
}

/** Null: they have more rows than are put in order in memory. */
async function orderedRows(
  reads: LevelReads,
  query: ExportQuery,
  devices: readonly string[],
  counters: readonly boolean[],
): Promise<readonly (readonly ExportRow[])[] | null> {
  const byDevice = new Map<string, ExportRow[]>(devices.map((device) => [device, []]))
  let count = 0
  for await (const rows of deviceRows(reads, query, devices, counters)) {
    count += rows.length
    if (count > ORDERED_ROWS_MAX) return null
    for (const row of rows) byDevice.get(row.device)?.push(row)
  }
  return [...byDevice.values()]
}

/** All rows of the devices, each device's in order of time. */
function deviceRows(
  reads: LevelReads,
  query: ExportQuery,
  devices: readonly string[],
  counters: readonly boolean[],
): AsyncGenerator<readonly ExportRow[]> {
  return query.window === 'raw'
    ? readingRows(reads, query, devices)
    : windowRows(reads, query, query.window, devices, counters)
}

async function* readingRows(
  reads: LevelReads,
  query: ExportQuery,
  devices: readonly string[],
): AsyncGenerator<readonly ExportRow[]> {
  for (const pass of reads.passes({ ...query, devices }))
    for await (const batch of reads.batches(pass, query.metrics)) {
      if (batch.level !== 'raw') continue
      yield batch.rows
        .filter((row) => row.values.some((value) => !Number.isNaN(value)))
        .map(({ device, ts, simulated, values }) => ({ device, t: ts, simulated, values }))
    }
}

async function* windowRows(
  reads: LevelReads,
  query: ExportQuery,
  window: SummaryWindow,
  devices: readonly string[],
  counters: readonly boolean[],
): AsyncGenerator<readonly ExportRow[]> {
  const places = new Map(devices.map((device, place) => [device, place]))
  let ended: ExportRow[] = []
  const folds = createWindowFolds({
    windowAt: reads.windowAt,
    window,
    devices: devices.length,
    counters,
    onWindow(place, fold) {
      const { start, simulated } = fold
      const summaries = fold.metrics.map((metric, at) =>
        metric.count === 0 ? null : pointOf(fold, metric, counters[at] === true),
      )
      ended.push({ device: devices[place] ?? '', t: start, simulated, summaries })
    },
  })

  for (const pass of reads.passes({ ...query, devices })) {
    await fillBefore({
      reads,
      pass,
      from: query.from,
      metrics: query.metrics,
      counters,
      folds,
      places,
    })
    for await (const batch of reads.batches(pass, query.metrics)) {
      if (batch.level === 'raw')
        for (const row of batch.rows) {
          const place = places.get(row.device)
          if (place !== undefined) folds.addReading(place, row)
        }
      else
        for (const row of batch.rows) {
          const place = places.get(row.device)
          if (place !== undefined) folds.addWindow(place, row, batch.level)
        }
      yield ended
      ended = []
    }
  }
  folds.finish()
  yield ended
}
