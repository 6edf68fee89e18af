// One device's windows of one level in memory, ordered by their starts.

import type { Millis } from '../../core/position.ts'
import type { WindowRow } from '../../ports.ts'
import { placeOf } from './ordered-times.ts'

export interface MemoryWindows {
  put(row: WindowRow): void
  /** Windows that start in [from, to), oldest first, with the summaries at these places. */
  rows(metrics: readonly number[], from: Millis, to: Millis): Iterable<WindowRow>
  /** First and last start, or null. */
  extent(): { readonly from: Millis; readonly to: Millis } | null
  /** Forgets those that start before, and tells how many that was. */
  drop(before: Millis): number
  countBefore(before: Millis): number
}

export function createMemoryWindows(): MemoryWindows {
  const starts: Millis[] = []
  const windows: WindowRow[] = []

  return {
    put(row) {
      const at = placeOf(starts, row.start)
      const isThere = starts[at] === row.start
      const copy = { ...row, summaries: [...row.summaries] }
      starts.splice(at, isThere ? 1 : 0, row.start)
      windows.splice(at, isThere ? 1 : 0, copy)
    },
    *rows(metrics, from, to) {
      for (let at = placeOf(starts, from); at < starts.length;) {
        const window = windows[at]
        if (window === undefined || window.start >= to) return
        const { device, start, simulated } = window
        const summaries = metrics.map((metric) => window.summaries[metric] ?? null)
        yield { device, start, simulated, summaries }
        at = starts[at] === start ? at + 1 : placeOf(starts, start + 1)
      }
    },
    extent() {
      const [from, to] = [starts[0], starts.at(-1)]
      return from === undefined || to === undefined ? null : { from, to }
    },
    countBefore: (before) => placeOf(starts, before),
    drop(before) {
      const count = placeOf(starts, before)
      starts.splice(0, count)
      windows.splice(0, count)
      return count
    },
  }
}
