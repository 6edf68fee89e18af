// Reads a long span piece by piece, so that one statement's answer stays within some ten thousand rows, however dense they lie.

import type { Millis } from '../../core/position.ts'

/** What one statement's answer should hold: a second of the server's work. */
export const ROWS_PER_SLICE = 50_000

/** How much longer the next slice may become: rows may lie closer there. */
const GROWTH_MAX = 8

const SLICE_MS_MIN = 1_000

export interface Slices {
  readonly from: Millis
  readonly to: Millis
  /** A guess at the first slice's length. */
  readonly firstMs: Millis
}

/**
 * Reads [from, to) in order of time by `read`, each slice half-open, and sizes the next one by what came. A slice with too many rows
 * is read to its end all the same: answers come in chunks.
 */
export async function* readInSlices<Row>(
  { from, to, firstMs }: Slices,
  read: (from: Millis, to: Millis) => AsyncIterable<readonly Row[]>,
): AsyncGenerator<readonly Row[], void, undefined> {
  let sliceMs = Math.max(SLICE_MS_MIN, Math.floor(firstMs))
  for (let start = from; start < to;) {
    const end = Math.min(to, start + sliceMs)
    let rows = 0
    for await (const batch of read(start, end)) {
      rows += batch.length
      yield batch
    }
    const growth = Math.min(GROWTH_MAX, ROWS_PER_SLICE / Math.max(1, rows))
    sliceMs = Math.max(SLICE_MS_MIN, Math.floor(sliceMs * growth))
    start = end
  }
}
