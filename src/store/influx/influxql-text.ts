// Names and values in the text of an InfluxQL statement: the only place that quotes them, so that none can end its quotes.

import type { Millis } from '../../core/position.ts'

/** The server keeps times as nanoseconds in 64 bits; what lies beyond would come round from the other side. */
const TIME_MS_MAX = 9_223_372_036_000

/** The nearest whole millisecond, not before, that the server can compare times with. */
export function storable(ms: Millis): Millis {
  return Math.ceil(Math.min(Math.max(ms, -TIME_MS_MAX), TIME_MS_MAX))
}

/** A name of a database, measurement, field or tag. Throws RangeError for text that no statement can carry. */
export function identifier(name: string): string {
  return `"${escaped(name, '"')}"`
}

/** A text value, such as a device's id. Throws RangeError for text that no statement can carry. */
export function literal(text: string): string {
  return `'${escaped(text, "'")}'`
}

/** A moment, as a condition on `time` takes it; a bare number would be nanoseconds. */
export function moment(ms: Millis): string {
  if (!Number.isSafeInteger(ms))
    throw new RangeError(`Cannot ask for a time: expected whole milliseconds, got ${ms}`)
  return `${ms}ms`
}

/** Half-open: `from` inclusive, `to` exclusive. */
export function inSpan(from: Millis, to: Millis): string {
  return `time >= ${moment(from)} AND time < ${moment(to)}`
}

/** Any of these values of a tag. */
export function anyOf(tag: string, values: readonly string[]): string {
  return `(${values.map((value) => `${identifier(tag)} = ${literal(value)}`).join(' OR ')})`
}

/** A measurement, by its full name. */
export function source(place: {
  readonly db: string
  readonly rp: string
  readonly measurement: string
}): string {
  return [place.db, place.rp, place.measurement].map(identifier).join('.')
}

/**
 * Whether a statement can carry the text. Half a surrogate pair becomes another character on the way, the server's scanner turns a
 * carriage return into the end of the line, and a zero byte is its end of the text.
 */
export function isQuotable(text: string): boolean {
  return text !== '' && text.isWellFormed() && !/[\0\r]/.test(text)
}

/** InfluxQL knows these escapes within quotes and takes everything else as it stands. */
function escaped(text: string, quote: string): string {
  if (!isQuotable(text))
    throw new RangeError(
      `Cannot ask for the name ${JSON.stringify(text).slice(0, 100)}: expected text without lone surrogates, carriage returns and zero bytes`,
    )
  return text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n')
}
