// What is kept of one metric of one device in one window. Summaries of neighbouring windows join into that of the longer one, in any
// grouping, so an hour is made of its minutes and a day of its hours.

import { counterStep } from './counter.ts'

export interface Summary {
  /** At least 1. */
  readonly count: number
  readonly min: number
  readonly max: number
  readonly sum: number
  /** The value at the smallest event time. Kept for counters only: in windows of other metrics it may be NaN. */
  readonly first: number
  /** The value at the greatest event time. */
  readonly last: number
  /**
   * What a counter has gained between the readings within the window (see `counterStep`); without what it gained since the reading
   * before the window. Kept for counters only: means nothing for other metrics and may be 0.
   */
  readonly gained: number
}

/** The summary of a single value. */
export function summaryOf(value: number): Summary {
  return { count: 1, min: value, max: value, sum: value, first: value, last: value, gained: 0 }
}

/** The summary of both; everything in `after` was measured later than everything in `before`. */
export function joinSummaries(before: Summary, after: Summary): Summary {
  return {
    count: before.count + after.count,
    min: Math.min(before.min, after.min),
    max: Math.max(before.max, after.max),
    sum: before.sum + after.sum,
    first: before.first,
    last: after.last,
    gained: before.gained + counterStep(before.last, after.first) + after.gained,
  }
}
