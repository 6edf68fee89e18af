// Reads the journal's records from its files, in order and exactly once, with bounded memory, and names what cannot be read.
// It may run while the writer appends: `through` should then be `journal.committed`, as bytes behind it may not be durable yet.

import { BEFORE_FIRST, positionAt, type Position, sequenceOf } from '../core/position.ts'
import { type JournalRecord, readRecord } from '../core/messages/record.ts'
import { errorCode, messageOf } from './journal-io.ts'
import { type Scanned, type ScanEnd, scanSegment } from './scan-segment.ts'
import { listSegments, type SegmentFile } from './segment.ts'

export type JournalItem =
  | { readonly position: Position; readonly record: JournalRecord }
  /** The records from `position` to `last` are lost. */
  | { readonly position: Position; readonly last: Position; readonly damaged: string }

export interface ReadRange {
  /** The first record read is the one behind it; `BEFORE_FIRST` reads whatever is there. */
  readonly after: Position
  /** The last record to read; without it, all there are. */
  readonly through?: Position
}

/**
 * Stops at the first frame of the last segment with nothing sound behind it. Throws when the directory cannot be read or a
 * segment is of a newer format. A record's payload is a view that stays valid as long as it is held.
 */
export function* readJournal(directory: string, range: ReadRange): Generator<JournalItem> {
  const last = range.through === undefined ? Infinity : sequenceOf(range.through)
  const segments = listSegments(directory)
  const from = sequenceOf(range.after) + 1
  const start = Math.max(
    0,
    segments.findLastIndex((segment) => segment.first <= from),
  )
  let expected = range.after === BEFORE_FIRST ? (segments[0]?.first ?? from) : from
  for (const [index, segment] of segments.entries()) {
    if (index < start) continue
    if (segment.first > last) break
    if (segment.first > expected) {
      yield lost(expected, segment.first - 1, `the file before ${segment.path} ends too early`)
      expected = segment.first
    }
    // A segment ends where the next begins: after a failed sync its tail was written again there.
    const end = Math.min(last, (segments[index + 1]?.first ?? Infinity) - 1)
    for (const scanned of scanIfThere(segment)) {
      const item = itemOf(scanned, expected, end)
      if (item === null) continue
      yield item
      expected = ('last' in item ? sequenceOf(item.last) : sequenceOf(item.position)) + 1
      if (expected > last) return
    }
  }
}

function itemOf(scanned: Scanned, expected: number, end: number): JournalItem | null {
  if (scanned.kind === 'damaged') {
    const first = Math.max(expected, scanned.first)
    const last = Math.min(end, scanned.last)
    return first > last ? null : lost(first, last, scanned.reason)
  }
  const { sequence } = scanned
  if (sequence < expected || sequence > end) return null
  try {
    return { position: positionAt(sequence), record: readRecord(scanned.bytes, scanned.offset) }
  } catch (error) {
    return lost(sequence, sequence, messageOf(error))
  }
}

/** Retention may delete a segment between the listing and the opening; the gap is then named by the caller. */
function* scanIfThere(segment: SegmentFile): Generator<Scanned, ScanEnd | null> {
  try {
    return yield* scanSegment(segment)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

function lost(first: number, last: number, damaged: string): JournalItem {
  return { position: positionAt(first), last: positionAt(last), damaged }
}
