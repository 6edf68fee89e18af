// What is kept of one device's window, as bytes: a summary for each metric that has one, told by the metric's number in its file. A
// window of one value keeps that value only. Measured in files of 231 streetlights and four metrics, key, page and index included:
// 37 bytes a window of one value each, 83 of six, 86 of sixty (whose sums are mostly no short decimals); a raw reading takes 79.

import type { Summary } from '../../core/telemetry/summary.ts'
import {
  NUMBER_BYTES_MAX,
  putNumber,
  putWhole,
  takeNumber,
  takeWhole,
  type ByteCursor,
} from './compact-number.ts'

/** A metric as a file knows it. `first` and `gained` are kept for counters only. */
export interface MetricMark {
  readonly number: number
  readonly isCounter: boolean
}

/** One value, and it is all. */
const SINGLE = 1
/** With `first` and `gained`. The bytes say so themselves: a metric may become a counter, or cease to be one. */
const COUNTER = 2

/** A tag and seven numbers. */
const SUMMARY_BYTES_MAX = 5 + 7 * NUMBER_BYTES_MAX

/** No window of so many metrics takes more bytes. */
export function blobBytesMax(metrics: number): number {
  return metrics * SUMMARY_BYTES_MAX
}

/** Writes the summaries, one for each mark or null, at the cursor. */
export function putSummaries(
  cursor: ByteCursor,
  summaries: readonly (Summary | null)[],
  marks: readonly MetricMark[],
): void {
  for (const [index, mark] of marks.entries()) {
    const summary = summaries[index]
    if (summary !== null && summary !== undefined) putSummary(cursor, summary, mark)
  }
}

function putSummary(cursor: ByteCursor, summary: Summary, { number, isCounter }: MetricMark): void {
  const { count, min, max, sum, first, last, gained } = summary
  const isSingle =
    count === 1 &&
    Object.is(min, last) &&
    Object.is(max, last) &&
    Object.is(sum, last) &&
    (!isCounter || (Object.is(first, last) && Object.is(gained, 0)))
  putWhole(cursor, number * 4 + (isCounter ? COUNTER : 0) + (isSingle ? SINGLE : 0))
  if (!isSingle) {
    putNumber(cursor, count)
    putNumber(cursor, min)
    putNumber(cursor, max)
    putNumber(cursor, sum)
    if (isCounter) {
      putNumber(cursor, first)
      putNumber(cursor, gained)
    }
  }
  putNumber(cursor, last)
}

/**
 * Reads the summaries of the metrics asked for: `places` holds, by metric number, the place in the answer. Null where there is none.
 * Throws RangeError when the bytes are none of ours.
 */
export function takeSummaries(
  bytes: Uint8Array,
  places: readonly (number | undefined)[],
  count: number,
): (Summary | null)[] {
  const summaries = Array<Summary | null>(count).fill(null)
  const cursor = { bytes, at: 0 }
  while (cursor.at < bytes.length) {
    const tag = takeWhole(cursor)
    const summary = takeSummary(cursor, (tag & COUNTER) !== 0, (tag & SINGLE) !== 0)
    const place = places[tag >>> 2]
    if (place !== undefined) summaries[place] = summary
  }
  return summaries
}

function takeSummary(cursor: ByteCursor, isCounter: boolean, isSingle: boolean): Summary {
  if (isSingle) {
    const last = takeNumber(cursor)
    const first = isCounter ? last : Number.NaN
    return { count: 1, min: last, max: last, sum: last, first, last, gained: 0 }
  }
  const count = takeNumber(cursor)
  const min = takeNumber(cursor)
  const max = takeNumber(cursor)
  const sum = takeNumber(cursor)
  const first = isCounter ? takeNumber(cursor) : Number.NaN
  const gained = isCounter ? takeNumber(cursor) : 0
  return { count, min, max, sum, first, last: takeNumber(cursor), gained }
}
