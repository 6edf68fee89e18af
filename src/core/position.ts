// Where a record stands in the journal. Opaque to everyone but this file: a partition and a sequence in one number, so that a
// journal of several partitions can take over without a change elsewhere. Positions of one partition compare with `<`.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Millis = number

export type Position = number & { readonly __brand: 'Position' }

const SEQUENCE_SPAN = 2 ** 44

/** The place before the first record of partition 0. */
export const BEFORE_FIRST = 0 as Position

/** Throws RangeError when the sequence is not an integer in [0, 2^44) or the partition not in [0, 512). */
export function positionAt(sequence: number, partition = 0): Position {
  if (!Number.isInteger(sequence) || sequence < 0 || sequence >= SEQUENCE_SPAN)
    throw new RangeError(
      `Cannot make a position: expected a sequence in [0, 2^44), got ${sequence}`,
    )
  if (!Number.isInteger(partition) || partition < 0 || partition >= 512)
    throw new RangeError(
      `Cannot make a position: expected a partition in [0, 512), got ${partition}`,
    )
  return (partition * SEQUENCE_SPAN + sequence) as Position
}

/** A number that a position may have, such as one read from a file. */
export function isPosition(value: number): value is Position {
  return Number.isSafeInteger(value) && value >= 0
}

export function sequenceOf(position: Position): number {
  return position % SEQUENCE_SPAN
}

/** The position `count` records further in the same partition. */
export function later(position: Position, count = 1): Position {
  return (position + count) as Position
}

/** Text form for people and APIs: `0-1842`. */
export function formatPosition(position: Position): string {
  return `${Math.floor(position / SEQUENCE_SPAN)}-${sequenceOf(position)}`
}
