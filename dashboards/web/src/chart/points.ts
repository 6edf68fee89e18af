// From the points of a series to what is drawn: gaps stay gaps, nothing is joined over a hole or stretched beyond its time.

import type { Point } from '../api/device.ts'

export interface Drawn {
  /** Seconds, as uPlot counts time. */
  readonly seconds: readonly number[]
  readonly values: readonly (number | null)[]
  /** Spread of each window; null where points are single readings. */
  readonly lows: readonly (number | null)[]
  readonly highs: readonly (number | null)[]
  readonly hasSpread: boolean
}

/** A hole is longer than this many usual spacings. */
const HOLE_SPACINGS = 3

export function drawnPoints(points: readonly Point[], options: { readonly holds: boolean }): Drawn {
  const holeMs = options.holds ? Number.POSITIVE_INFINITY : HOLE_SPACINGS * medianSpacing(points)
  const seconds: number[] = []
  const values: (number | null)[] = []
  const lows: (number | null)[] = []
  const highs: (number | null)[] = []
  let previous: Point | null = null
  for (const point of points) {
    if (previous !== null && point.t - previous.t > holeMs) {
      seconds.push((previous.t + (point.t - previous.t) / 2) / 1_000)
      values.push(null)
      lows.push(null)
      highs.push(null)
    }
    seconds.push(point.t / 1_000)
    values.push(point.v)
    lows.push(point.min)
    highs.push(point.max)
    previous = point
  }
  const hasSpread = points.some((point) => point.min !== null && point.max !== null)
  return { seconds, values, lows, highs, hasSpread }
}

/** Infinite for fewer than two spacings: one distance alone says nothing about what is usual. */
export function medianSpacing(points: readonly Point[]): number {
  const spacings = points.slice(1).map((point, index) => point.t - (points[index]?.t ?? point.t))
  if (spacings.length < 2) return Number.POSITIVE_INFINITY
  spacings.sort((a, b) => a - b)
  return spacings[Math.floor((spacings.length - 1) / 2)] ?? Number.POSITIVE_INFINITY
}

/** The scale that shows all values and the limit, with a little air; never flat. */
export function valueRange(
  values: readonly (number | null)[],
  limit: number | null,
): readonly [number, number] {
  let low = limit ?? Number.POSITIVE_INFINITY
  let high = limit ?? Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value === null) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return [0, 1]
  const air = (high - low || Math.abs(high) || 1) * 0.08
  // Quantities that are never negative keep their zero line when it is near.
  const floor = low >= 0 && low - air < (high - low) * 0.25 ? Math.min(low, 0) : low - air
  return [floor, high + air]
}

/** Adds a fresh reading and lets go of what has left the window. */
export function withPoint(points: readonly Point[], point: Point, from: number): readonly Point[] {
  const last = points[points.length - 1]
  if (last !== undefined && point.t <= last.t) return points
  return [...points.filter((old) => old.t >= from), point]
}
