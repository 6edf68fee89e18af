// Folds what is known of short stretches of a series, in order of time, into the points of a chart.

import type { Millis } from '../../core/position.ts'
import type { Point } from '../../ports.ts'
import type { SummaryWindow, WindowAt } from './local-windows.ts'

/** One or more values of a stretch that lies within one window. */
export interface Stretch {
  readonly t: Millis
  readonly count: number
  readonly min: number
  readonly max: number
  readonly sum: number
  /** Value at the greatest time. */
  readonly last: number
}

export interface WindowFold {
  /** Takes the next stretch, never an earlier one. False: the limit is reached, nothing more is wanted. */
  add(stretch: Stretch): boolean
  points(): readonly Point[]
}

export function createWindowFold(
  windowAt: WindowAt,
  window: SummaryWindow,
  limit: number,
): WindowFold {
  const points: Point[] = []
  let span = { start: 0, end: Number.NEGATIVE_INFINITY }
  let count = 0
  let min = 0
  let max = 0
  let sum = 0
  let last = 0

  function finishWindow(): void {
    if (count > 0) points.push({ t: span.start, count, min, max, mean: sum / count, last })
    count = 0
  }

  return {
    add(stretch) {
      if (points.length === limit) return false
      if (stretch.t >= span.end) {
        finishWindow()
        if (points.length === limit) return false
        span = windowAt(window, stretch.t)
        min = stretch.min
        max = stretch.max
        sum = 0
      }
      count += stretch.count
      min = Math.min(min, stretch.min)
      max = Math.max(max, stretch.max)
      sum += stretch.sum
      last = stretch.last
      return true
    },
    points() {
      finishWindow()
      return points
    },
  }
}
