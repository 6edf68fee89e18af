// Times at the border: ISO 8601 with the city's offset on the way out, ISO 8601 with a zone or epoch milliseconds on the way in.

import { z } from 'zod'
import type { Millis } from '../core/position.ts'

export interface Times {
  /** `2026-11-01T22:30:00.000+08:00` */
  iso(at: Millis): string
  isoOrNull(at: Millis | null): string | null
}

const QUARTER_MS = 900_000
const OFFSETS_KEPT_MAX = 10_000

/** Offsets change on quarter hours at most, so one look-up per quarter hour is enough. */
export function createTimes(timeZone: string): Times {
  const formatter = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  const offsets = new Map<number, { readonly ms: number; readonly text: string }>()

  function offsetAt(at: Millis): { readonly ms: number; readonly text: string } {
    const quarter = Math.floor(at / QUARTER_MS)
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    const name = formatter.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value
    const match = /^GMT([+-])(\d\d):(\d\d)/.exec(name ?? '')
    const [sign, hours, minutes] = match === null ? ['+', '00', '00'] : match.slice(1)
    const ms = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
    const offset = { ms, text: `${sign}${hours}:${minutes}` }
    if (offsets.size >= OFFSETS_KEPT_MAX) offsets.clear()
    offsets.set(quarter, offset)
    return offset
  }

  const iso = (at: Millis) => {
    const offset = offsetAt(at)
    return `${new Date(at + offset.ms).toISOString().slice(0, -1)}${offset.text}`
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
