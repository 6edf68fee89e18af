// Limits compiled: a number, a share of what the registry says the device is rated for, or a curve over another metric.

import type { DeviceState } from '../device-state.ts'
import type { Limit } from '../rule.ts'
import { withoutNoise } from './operands/measure.ts'

export interface CompiledLimit {
  /** For this device, worked out once; NaN when it has none, or when it follows another metric. */
  readonly fixed: (state: DeviceState) => number
  /** By what the other metric is now, NaN while that has never been said; null for a limit that stands still. */
  readonly moving: ((state: DeviceState) => number) | null
  /** The other metric. */
  readonly over: number | null
}

/** Throws RangeError on an unknown metric or on points that do not go from left to right. */
export function compileLimit(limit: Limit, indexFor: (id: string) => number): CompiledLimit {
  if (typeof limit === 'number') return { fixed: () => limit, moving: null, over: null }
  if ('rated' in limit) {
    const { rated, factor, plus = 0, fallback } = limit
    return {
      fixed({ device }) {
        const value = device.rated[rated]
        return value === undefined ? (fallback ?? Number.NaN) : withoutNoise(value * factor + plus)
      },
      moving: null,
      over: null,
    }
  }
  const index = indexFor(limit.over)
  const curve = createCurve(limit.points)
  const { plus = 0 } = limit
  return {
    fixed: () => Number.NaN,
    moving: ({ latestValues }) => withoutNoise(curve(latestValues[index] ?? Number.NaN) + plus),
    over: index,
  }
}

/** Straight between its points, flat beyond them; NaN of NaN. */
function createCurve(points: readonly (readonly [x: number, y: number])[]): (x: number) => number {
  const xs = points.map(([x]) => x)
  if (xs.length === 0 || xs.some((x, i) => i > 0 && !(x > (xs[i - 1] ?? x))))
    throw new RangeError(
      `Cannot compile a limit: expected points with growing first numbers, got ${JSON.stringify(points)}`,
    )
  return (x) => {
    if (Number.isNaN(x)) return Number.NaN
    let before = points[0]
    for (const point of points) {
      if (before === undefined || x < point[0]) {
        if (before === undefined || before === point) return point[1]
        return before[1] + ((x - before[0]) / (point[0] - before[0])) * (point[1] - before[1])
      }
      before = point
    }
    return before?.[1] ?? Number.NaN
  }
}
