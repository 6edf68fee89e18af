// One device's readings in memory, ordered by time. Appending the newest is cheap; putting one in between moves the later ones.

import type { Millis } from '../../core/position.ts'

export type PutOutcome = 'new' | 'same' | 'revised'

export interface MemorySeries {
  put(ts: Millis, values: readonly number[]): PutOutcome
  /** Present values of one metric in [from, to), oldest first. */
  values(
    metric: number,
    from: Millis,
    to: Millis,
  ): Iterable<{ readonly t: Millis; readonly v: number }>
}

const SEEN_TIMES = 1024

export function createMemorySeries(metricCount: number): MemorySeries {
  const times: Millis[] = []
  /** `metricCount` numbers per time, one reading after the other. */
  const numbers: number[] = []

  function merge(at: number, values: readonly number[]): PutOutcome {
    let outcome: PutOutcome = 'same'
    for (const [metric, value] of values.entries()) {
      const place = at * metricCount + metric
      if (Number.isNaN(value) || value === numbers[place]) continue
      numbers[place] = normal(value)
      outcome = 'revised'
    }
    return outcome
  }

  return {
    put(ts, values) {
      const at = placeOf(times, ts)
      if (times[at] === ts) return merge(at, values)
      if (at === times.length) {
        times.push(ts)
        for (const value of values) numbers.push(normal(value))
      } else {
        times.splice(at, 0, ts)
        numbers.splice(at * metricCount, 0, ...values.map(normal))
      }
      return 'new'
    },
    *values(metric, from, to) {
      for (let at = placeOf(times, from); at < times.length; at++) {
        const t = times[at] ?? Number.POSITIVE_INFINITY
        if (t >= to) return
        const v = numbers[at * metricCount + metric] ?? Number.NaN
        if (!Number.isNaN(v)) yield { t, v }
      }
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
    values: () => [],
  }
}

/** Index of the first time that is not before `ts`. */
function placeOf(times: readonly Millis[], ts: Millis): number {
  const newest = times.at(-1)
  if (newest === undefined || newest < ts) return times.length
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) < ts) low = middle + 1
    else high = middle
  }
  return low
}

/** Minus zero is zero, as in the stores on disk. */
function normal(value: number): number {
  return value + 0
}
