// Finding a place among times that are in order.

import type { Millis } from '../../core/position.ts'

/** Index of the first time that is not before `t`. */
export function placeOf(times: readonly Millis[], t: Millis): number {
  const newest = times.at(-1)
  if (newest === undefined || newest < t) return times.length
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) < t) low = middle + 1
    else high = middle
  }
  return low
}
