// The mean of a metric over its last seconds, per (device, rule), in at most 60 buckets whatever the device sends.
//
// A mean counts only when the samples cover at least half of the window. How many that takes follows from the device's own
// rhythm: the shorter of its last two intervals (the expected one before there are any), but no shorter than a bucket. So a monitor that
// reports every minute needs 30 filled buckets for an hourly mean, and one that reports hourly means needs one; a single spike
// after an outage is not an hour.
// Sound levels are averaged by energy, as an equivalent level is defined: 10 lg of the mean of 10^(L/10).

import type { Millis } from '../position.ts'

const BUCKETS = 60

/** Plain JSON: buckets oldest first, each `[ordinal, sum, count]`. */
export interface MeanRing {
  buckets: [number, number, number][]
  lastAt: Millis | null
  intervalMs: number | null
  previousIntervalMs: number | null
}

export interface RollingMean {
  /** Adds a sample and returns the mean, or NaN while the window is not covered. `reportMs` is the expected interval. */
  add(ring: MeanRing, value: number, at: Millis, reportMs: Millis): number
}

export function createMeanRing(): MeanRing {
  return { buckets: [], lastAt: null, intervalMs: null, previousIntervalMs: null }
}

export function createRollingMean(options: {
  readonly windowMs: number
  readonly byEnergy: boolean
}): RollingMean {
  const { windowMs, byEnergy } = options
  const bucketMs = windowMs / BUCKETS

  return {
    add(ring, value, at, reportMs) {
      if (ring.lastAt !== null && at > ring.lastAt) {
        ring.previousIntervalMs = ring.intervalMs
        ring.intervalMs = at - ring.lastAt
      }
      ring.lastAt = at
      const ordinal = Math.floor(at / bucketMs)
      const amount = byEnergy ? 10 ** (value / 10) : value
      const { buckets } = ring
      const newest = buckets.at(-1)
      if (newest !== undefined && newest[0] === ordinal) {
        newest[1] += amount
        newest[2] += 1
      } else buckets.push([ordinal, amount, 1])
      let expired = 0
      while ((buckets[expired]?.[0] ?? ordinal) <= ordinal - BUCKETS) expired++
      if (expired > 0) buckets.splice(0, expired)

      let sum = 0
      let count = 0
      for (const bucket of buckets) {
        sum += bucket[1]
        count += bucket[2]
      }
      const rhythmMs = Math.min(ring.intervalMs ?? reportMs, ring.previousIntervalMs ?? windowMs)
      if (buckets.length < windowMs / Math.max(rhythmMs, bucketMs) / 2) return Number.NaN
      return byEnergy ? 10 * Math.log10(sum / count) : sum / count
    },
  }
}
