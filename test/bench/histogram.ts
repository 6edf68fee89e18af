// Latencies in buckets of 1 % width, from 1 microsecond to 100 seconds: constant memory, any number of values.

const STEP = Math.log(1.01)
const BUCKETS = Math.ceil(Math.log(1e8) / STEP) + 1

export interface Histogram {
  add(microseconds: number): void
  /** The value below which the share lies, in milliseconds; NaN without values. */
  quantileMs(share: number): number
  readonly count: number
  readonly counts: Float64Array
}

export function createHistogram(counts: Float64Array = new Float64Array(BUCKETS)): Histogram {
  return {
    counts,
    get count() {
      return counts.reduce((sum, value) => sum + value, 0)
    },
    add(microseconds) {
      const bucket =
        microseconds <= 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log(microseconds) / STEP))
      counts[bucket] = (counts[bucket] ?? 0) + 1
    },
    quantileMs(share) {
      const total = counts.reduce((sum, value) => sum + value, 0)
      let seen = 0
      for (let bucket = 0; bucket < counts.length; bucket++) {
        seen += counts[bucket] ?? 0
        if (total > 0 && seen >= total * share) return Math.exp((bucket + 0.5) * STEP) / 1000
      }
      return Number.NaN
    },
  }
}
