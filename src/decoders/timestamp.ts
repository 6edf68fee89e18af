// Device times: ISO 8601 with a zone, or whole epoch milliseconds. Everything else is refused with a sentence that says what to send.

const EARLIEST_MS = Date.UTC(2000, 0, 1)
const LATEST_MS = Date.UTC(2101, 0, 1)
const DAY_MINUTES = 1440
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/

/** Epoch milliseconds, or what is wrong. */
export function parseTimestamp(value: unknown): number | string {
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value !== 'string')
    return `ts: expected ISO 8601 with a zone or epoch milliseconds, got ${value === null ? 'null' : typeof value}`
  const shown = JSON.stringify(value.slice(0, 40))
  const match = ISO.exec(value)
  if (match === null) return `ts: expected ISO 8601 such as 2026-11-01T22:30:00+08:00, got ${shown}`
  if (match[8] === undefined && match[9] === undefined)
    return `ts: expected a zone (Z or +08:00) after the time, got ${shown}`
  const at = epochOf(match)
  if (Number.isNaN(at)) return `ts: expected a date and time that exist, got ${shown}`
  return inRange(at) ? at : `ts: expected a year from 2000 to 2100, got ${shown}`
}

function fromNumber(value: number): number | string {
  if (inRange(value))
    return Number.isInteger(value) ? value : `ts: expected whole milliseconds, got ${value}`
  if (inRange(value * 1000))
    return `ts: expected milliseconds, got ${value}, which looks like seconds`
  return `ts: expected epoch milliseconds of a year from 2000 to 2100, got ${value}`
}

function inRange(at: number): boolean {
  return at >= EARLIEST_MS && at < LATEST_MS
}

function epochOf(match: RegExpExecArray): number {
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) =>
    Number(match[group] ?? 0),
  )
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined ||
    second === undefined
  )
    return Number.NaN
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN
  const millis = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const offset = offsetMinutes(match)
  return Date.UTC(year, month - 1, day, hour, minute, second, millis) - offset * 60_000
}

/** Months count from 1. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function offsetMinutes(match: RegExpExecArray): number {
  if (match[9] === undefined) return 0
  const minutes = Number(match[10]) * 60 + Number(match[11])
  if (minutes >= DAY_MINUTES || Number(match[11]) > 59) return Number.NaN
  return match[9] === '-' ? -minutes : minutes
}
