// Times at the border: ISO 8601 with the city's offset on the way out, ISO 8601 with a zone or epoch milliseconds on the way in.

import { z } from 'zod'
import { createLocalTime } from '../core/time/local-time.ts'
import type { Millis } from '../core/position.ts'

export interface Times {
  /** `2026-11-01T22:30:00.000+08:00` */
  iso(at: Millis): string
  isoOrNull(at: Millis | null): string | null
}

export function createTimes(timeZone: string): Times {
  const localTime = createLocalTime(timeZone)
  const iso = (at: Millis) => {
    const text = localTime.iso(at)
    const milliseconds = String(Math.floor(at) % 1000).padStart(3, '0')
    return `${text.slice(0, 19)}.${milliseconds}${text.slice(19)}`
  }
  return { iso, isoOrNull: (at) => (at === null ? null : iso(at)) }
}

const EARLIEST: Millis = Date.UTC(2000, 0)
const LATEST: Millis = Date.UTC(2101, 0)
const EXPECTED = 'expected ISO 8601 with a zone, or epoch milliseconds, in the years 2000 to 2100'

/** A moment in a query. */
export const moment = z.string().transform((text, context): Millis => {
  const at = parseMoment(text)
  if (at !== null && at >= EARLIEST && at < LATEST) return at
  context.addIssue({ code: 'custom', message: `${EXPECTED}, got "${text.slice(0, 50)}"` })
  return z.NEVER
})

const ISO = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+ -]\d\d:\d\d)$/

function parseMoment(text: string): Millis | null {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  const match = ISO.exec(text)
  if (match === null) return null
  const [year, month, day] = match.slice(1).map(Number)
  // A day that its month does not have would silently become one of the next month.
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day))
  if (date.getUTCDate() !== day || date.getUTCMonth() + 1 !== month) return null
  // An unescaped "+" arrives as a blank.
  const at = Date.parse(text.replace(' ', '+'))
  return Number.isNaN(at) ? null : at
}
