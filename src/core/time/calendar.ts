// Days, months and years of the city: when a local day begins, and which period of its kind holds a moment.

import type { LocalTime } from './local-time.ts'
import type { Millis } from '../position.ts'

export type Period = 'day' | 'month' | 'year'

export interface LocalDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
}

export function localDateOf(localTime: LocalTime, at: Millis): LocalDate {
  const wall = new Date(at + localTime.offsetMs(at))
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() }
}

/** When the local day begins. Months and days beyond their end run over into what follows. */
export function startOfDay(localTime: LocalTime, { year, month, day }: LocalDate): Millis {
  const wall = Date.UTC(year, month - 1, day)
  // The offset that counts is the one of that midnight, not the one of the same digits in UTC.
  const nearby = wall - localTime.offsetMs(wall)
  return wall - localTime.offsetMs(nearby)
}

export function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** When the local day, month or year that holds the moment began. The last answer is kept: one moment is much like the next. */
export function createPeriodStart(period: Period, localTime: LocalTime): (at: Millis) => Millis {
  let start = Number.NaN
  let end = Number.NaN
  return (at) => {
    if (at >= start && at < end) return start
    const { year, month, day } = localDateOf(localTime, at)
    const first = {
      year,
      month: period === 'year' ? 1 : month,
      day: period === 'day' ? day : 1,
    }
    start = startOfDay(localTime, first)
    end = startOfDay(localTime, {
      year: first.year + (period === 'year' ? 1 : 0),
      month: first.month + (period === 'month' ? 1 : 0),
      day: first.day + (period === 'day' ? 1 : 0),
    })
    return start
  }
}
