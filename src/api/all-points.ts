// Reads all points of many devices, or finds that there are too many, without ever holding much more than an answer may have: few
// devices may say far more than all the others.

import type { DeviceSeries } from '../ports.ts'

/** How much more than the room that is left one reading may bring: then at most one device in so many is read again. */
const SLACK = 4

/**
 * Every point of every device, in the order of `devices`; null when there are more than `pointsMax`. `read` gives the first `limit`
 * points of each.
 */
export async function readAllPoints(
  read: (devices: readonly string[], limit: number) => Promise<readonly DeviceSeries[]>,
  devices: readonly string[],
  pointsMax: number,
): Promise<readonly DeviceSeries[] | null> {
  const whole = new Map<string, DeviceSeries>()
  let room = pointsMax
  let open = devices
  while (open.length > 0) {
    // One more than would do: whoever reaches the limit may have been cut.
    const limit = Math.min(room, Math.ceil((SLACK * room) / open.length)) + 1
    const found = await read(open, limit)
    if (countOf(found) > room) return null
    // None of those that are left reaches the limit when it is the room itself: the loop ends.
    const cut = new Set<string>()
    for (const series of found) {
      if (series.points.length >= limit) cut.add(series.device)
      else {
        whole.set(series.device, series)
        room -= series.points.length
      }
    }
    open = open.filter((device) => cut.has(device))
  }
  return devices.map((device) => whole.get(device) ?? { device, points: [] })
}

function countOf(series: readonly DeviceSeries[]): number {
  return series.reduce((sum, { points }) => sum + points.length, 0)
}
