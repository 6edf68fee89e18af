// The city's clock on the wall: offsets of its time zone, minutes of the local day, and times written for people and case
// systems. The only place in the core that uses Intl.

import type { Millis } from '../position.ts'

export interface LocalTime {
  /** Local wall clock minus UTC at this moment. */
  offsetMs(at: Millis): number
  /** 0 to 1439. */
  minuteOfDay(at: Millis): number
  /** `2026-11-01T22:30:00+08:00`. */
  iso(at: Millis): string
  /** `2026-11-01 22:30`. */
  wallClock(at: Millis): string
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** No zone changes its offset more often than at quarter hours. */
const BLOCK_MS = 15 * MINUTE_MS
const BLOCKS_MAX = 4096

/** Throws RangeError when the zone is not an IANA name. */
export function createLocalTime(timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const known = new Map<number, number>()
  let lastBlock = Number.NaN
  let lastOffset = 0

  function measure(at: Millis): number {
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(at)) part[type] = Number(value)
    const wall = Date.UTC(
      part['year'] ?? 0,
      (part['month'] ?? 1) - 1,
      part['day'] ?? 1,
      part['hour'] ?? 0,
      part['minute'] ?? 0,
      part['second'] ?? 0,
    )
    return wall - Math.floor(at / 1000) * 1000
  }

  function offsetMs(at: Millis): number {
    const block = Math.floor(at / BLOCK_MS)
    if (block === lastBlock) return lastOffset
    let offset = known.get(block)
    if (offset === undefined) {
      if (known.size >= BLOCKS_MAX) known.clear()
      offset = measure(block * BLOCK_MS)
      known.set(block, offset)
    }
    lastBlock = block
    lastOffset = offset
    return offset
  }

  function wall(at: Millis): string {
    return new Date(at + offsetMs(at)).toISOString()
  }

  return {
    offsetMs,
    minuteOfDay(at) {
      const local = at + offsetMs(at)
      return Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / MINUTE_MS)
    },
    iso(at) {
      const offset = Math.round(offsetMs(at) / MINUTE_MS)
      const sign = offset < 0 ? '-' : '+'
      const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0')
      const minutes = String(Math.abs(offset) % 60).padStart(2, '0')
      return `${wall(at).slice(0, 19)}${sign}${hours}:${minutes}`
    },
    wallClock: (at) => wall(at).slice(0, 16).replace('T', ' '),
  }
}
