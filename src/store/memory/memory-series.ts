// One device's readings in memory, ordered by time. Appending the newest is cheap; putting one in between moves the later ones.

import type { Millis } from '../../core/position.ts'
import { placeOf } from './ordered-times.ts'

export type PutOutcome = 'new' | 'same' | 'revised'

export interface MemorySeries {
  put(ts: Millis, values: readonly number[], simulated: boolean): PutOutcome
  /** Readings in [from, to), oldest first, with the values at these places. */
  rows(
    metrics: readonly number[],
    from: Millis,
    to: Millis,
  ): Iterable<{
    readonly ts: Millis
    readonly simulated: boolean
    readonly values: readonly number[]
  }>
  /** First and last time, or null. */
  extent(): { readonly from: Millis; readonly to: Millis } | null
  /** Forgets what lies before, and tells how many readings that was. */
  drop(before: Millis): number
  countBefore(before: Millis): number
}

const SEEN_TIMES = 1024

export function createMemorySeries(metricCount: number): MemorySeries {
  const times: Millis[] = []
  const marks: boolean[] = []
  /** `metricCount` numbers per time, one reading after the other. */
  const numbers: number[] = []

  function merge(at: number, values: readonly number[], simulated: boolean): PutOutcome {
    let outcome: PutOutcome = 'same'
    // Once simulated, always simulated.
    if (simulated) marks[at] = true
    for (const [metric, value] of values.entries()) {
      const place = at * metricCount + metric
      if (Number.isNaN(value) || value === numbers[place]) continue
      numbers[place] = normal(value)
      outcome = 'revised'
    }
    return outcome
  }

  return {
    put(ts, values, simulated) {
      const at = placeOf(times, ts)
      if (times[at] === ts) return merge(at, values, simulated)
      if (at === times.length) {
        times.push(ts)
        marks.push(simulated)
        for (const value of values) numbers.push(normal(value))
      } else {
        times.splice(at, 0, ts)
        marks.splice(at, 0, simulated)
        numbers.splice(at * metricCount, 0, ...values.map(normal))
      }
      return 'new'
    },
    *rows(metrics, from, to) {
      // A reading may come in between two batches: what follows is found by its time.
      for (let at = placeOf(times, from); at < times.length;) {
        const ts = times[at] ?? Number.POSITIVE_INFINITY
        if (ts >= to) return
        const start = at * metricCount
        const values = metrics.map((metric) => numbers[start + metric] ?? Number.NaN)
        yield { ts, simulated: marks[at] === true, values }
        at = times[at] === ts ? at + 1 : placeOf(times, ts + 1)
      }
    },
    extent() {
      const [from, to] = [times[0], times.at(-1)]
      return from === undefined || to === undefined ? null : { from, to }
    },
    countBefore: (before) => placeOf(times, before),
    drop(before) {
      const count = placeOf(times, before)
      times.splice(0, count)
      marks.splice(0, count)
      numbers.splice(0, count * metricCount)
      return count
    },
  }
}

/** Remembers only which of the newest times were there. */
export function createSeenTimes(): MemorySeries {
  const times: Millis[] = []
  return {
    put(ts) {
      const at = placeOf(times, ts)
      if (times[at] === ts) return 'same'
      if (at === times.length) times.push(ts)
      else times.splice(at, 0, ts)
      // Dropped by the half, so that most puts move nothing.
      if (times.length === SEEN_TIMES * 2) times.splice(0, SEEN_TIMES)
      return 'new'
    },
    rows: () => [],
    extent: () => null,
    countBefore: () => 0,
    drop: () => 0,
  }
}

/** Minus zero is zero, as in the stores on disk. */
function normal(value: number): number {
  return value + 0
}
