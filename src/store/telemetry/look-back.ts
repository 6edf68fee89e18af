// Finds the last value of counters before a span, so that the first window of an answer knows what went through since then.

import type { Millis } from '../../core/position.ts'
import type { SummaryWindow } from './local-windows.ts'
import type { LevelReads, Pass, RowTaker } from './level-reads.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** Nearly every device has reported within the hour; only the others are looked for further back. */
const FIRST_REACH_MS = HOUR_MS
const SHORT_REACH_MS = 2 * DAY_MS
const LONG_REACH_MS = 40 * DAY_MS

/** How long before a chart's beginning the reading may lie that its first increase counts from. */
export function lookBackMs(window: SummaryWindow): number {
  return window === '6h' || window === '1d' ? LONG_REACH_MS : SHORT_REACH_MS
}

export interface LookBack {
  readonly reads: LevelReads
  /** How the span is read whose beginning it is about. */
  readonly pass: Pass
  readonly from: Millis
  readonly window: SummaryWindow
  /** Counters. */
  readonly metrics: readonly string[]
  /** Called once for each device and metric (its place in `metrics`) that has a value. */
  readonly onLast: (device: string, metric: number, value: number) => void
}

export async function lookBack(options: LookBack): Promise<void> {
  const { reads, pass, from: before, window, metrics, onLast } = options
  if (pass.pieces.length === 0 || metrics.length === 0) return
  /** Devices whose last value is known, by metric. */
  const known = metrics.map(() => new Set<string>())
  const searches = searchesOf(window, before)
  let to = before
  for (const { coarse, edge } of searches) {
    const devices = pass.devices.filter((device) => known.some((has) => !has.has(device)))
    if (devices.length === 0) return
    const isFurthest = edge === searches.at(-1)?.edge
    // Inner borders lie on whole hours, where no readings have to be asked for.
    const from = isFurthest ? edge : reads.windowAt('1h', edge).start
    if (from < to) await search(devices, coarse, from, to)
    to = Math.min(to, from)
  }

  async function search(
    devices: readonly string[],
    coarse: SummaryWindow,
    from: Millis,
    to: Millis,
  ): Promise<void> {
    const found = metrics.map(() => new Map<string, number>())
    const { type } = pass
    const taker: RowTaker = {
      reading(row) {
        for (const [at, values] of found.entries()) {
          const value = row.values[at] ?? Number.NaN
          if (!Number.isNaN(value)) values.set(row.device, value)
        }
      },
      window(row, level) {
        // Taken whole as its readings have expired: it belongs to the chart.
        if (reads.windowAt(level, row.start).end > before) return
        for (const [at, values] of found.entries()) {
          const summary = row.summaries[at]
          if (summary) values.set(row.device, summary.last)
        }
      },
    }
    for (const part of reads.passes({ type, devices, window: coarse, from, to }))
      await reads.read(part, metrics, taker)
    for (const [metric, values] of found.entries())
      for (const [device, value] of values) {
        if (known[metric]?.has(device) !== false) continue
        known[metric].add(device)
        onLast(device, metric, value)
      }
  }
}

/** From near to far, in windows that grow with the distance. */
function searchesOf(window: SummaryWindow, before: Millis) {
  const back = (ms: number): Millis => Math.max(0, before - ms)
  const near = [
    { coarse: '1h', edge: back(FIRST_REACH_MS) },
    { coarse: '1h', edge: back(SHORT_REACH_MS) },
  ] as const
  return lookBackMs(window) === SHORT_REACH_MS
    ? near
    : [...near, { coarse: '1d', edge: back(LONG_REACH_MS) } as const]
}
