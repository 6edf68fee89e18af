// Finds the last value of counters before a span, so that the first window of an answer knows what went through since then, whatever the
// window and wherever the span begins.

import type { Millis } from '../../core/position.ts'
import type { SummaryWindow } from './local-windows.ts'
import type { LevelReads, Pass, RowTaker } from './level-reads.ts'
import type { Piece } from './planner.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How long before a chart's beginning the reading may lie that its first increase counts from. */
export const LOOK_BACK_MS = 40 * DAY_MS

/** From near to far, in windows that grow with the distance. Nearly every device has reported within the hour, or within two days. */
const searches: readonly { readonly reachMs: number; readonly coarse: SummaryWindow }[] = [
  { reachMs: HOUR_MS, coarse: '1h' },
  { reachMs: 2 * DAY_MS, coarse: '1h' },
  { reachMs: LOOK_BACK_MS, coarse: '1d' },
]

export interface LookBack {
  readonly reads: LevelReads
  /** How the span is read whose beginning it is about. */
  readonly pass: Pass
  readonly from: Millis
  /** Counters. */
  readonly metrics: readonly string[]
  /** Called once for each device and metric (its place in `metrics`) that has a value. */
  readonly onLast: (device: string, metric: number, value: number) => void
}

export async function lookBack(options: LookBack): Promise<void> {
  const { reads, pass, from: before, metrics, onLast } = options
  if (pass.pieces.length === 0 || metrics.length === 0) return
  const { type } = pass
  /** Devices whose last value is known, by metric. */
  const known = metrics.map(() => new Set<string>())
  const isOpen = (device: string): boolean => known.some((has) => !has.has(device))
  let to = before
  for (const { reachMs, coarse } of searches) {
    const devices = pass.devices.filter(isOpen)
    if (devices.length === 0) return
    const edge = Math.max(0, before - reachMs)
    // Inner borders lie on whole hours, where no readings have to be asked for.
    const from = reachMs === LOOK_BACK_MS ? edge : reads.windowAt('1h', edge).start
    if (from < to)
      for (const part of reads.passes({ type, devices, window: coarse, from, to }))
        for (const piece of backwards(part.pieces)) {
          const open = part.devices.filter(isOpen)
          if (open.length === 0) break
          await search({ type, devices: open, pieces: [piece] })
        }
    to = Math.min(to, from)
  }

  async function search(part: Pass): Promise<void> {
    const found = metrics.map(() => new Map<string, number>())
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
    await reads.read(part, metrics, taker)
    for (const [metric, values] of found.entries())
      for (const [device, value] of values) {
        if (known[metric]?.has(device) !== false) continue
        known[metric].add(device)
        onLast(device, metric, value)
      }
  }
}

/**
 * The newest first, what is not rolled up day by day: of a device that has reported every second until it fell silent, a day is read and
 * not forty.
 */
function* backwards(pieces: readonly Piece[]): Generator<Piece> {
  for (const { level, from, to } of pieces.toReversed()) {
    if (level === '1d' || level === '1h') {
      yield { level, from, to }
      continue
    }
    for (let end = to; end > from;) {
      // Whole UTC days: pieces begin and end with whole windows of their level.
      const start = Math.max(from, Math.floor((end - 1) / DAY_MS) * DAY_MS)
      yield { level, from: start, to: end }
      end = start
    }
  }
}
