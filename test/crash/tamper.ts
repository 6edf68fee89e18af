// What a power cut can do to the end of the last segment, done to the files of a killed product: torn, turned bits, half a record.
// Only behind what was synced: there nothing was promised to anybody.

import { appendFileSync, closeSync, openSync, readSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  FLAG_HTTP,
  frameEnd,
  type JournalRecord,
  readRecord,
  recordBytes,
  writeRecord,
} from '../../src/core/messages/record.ts'
import { scanSegment } from '../../src/journal/scan-segment.ts'
import { listSegments, type SegmentFile } from '../../src/journal/segment.ts'
import { lamp, topicOf } from './story.ts'

export interface Tail {
  readonly segment: SegmentFile
  /** Where the part that may be harmed begins, and where it ends. */
  readonly from: number
  readonly to: number
  readonly firstSequence: number
  readonly records: readonly JournalRecord[]
}

export function lastSegment(dataDirectory: string): SegmentFile | null {
  return listSegments(join(dataDirectory, 'journal')).at(-1) ?? null
}

/** The records behind `syncedBytes` of the file; null when it is not the last segment any more. */
export function unsyncedTail(
  dataDirectory: string,
  path: string,
  syncedBytes: number,
): Tail | null {
  const segment = lastSegment(dataDirectory)
  // A new segment is opened under its temporary name.
  if (segment === null || segment.path !== path.replace(/\.new$/, '')) return null
  const frames: { bytes: number; sequence: number; record: JournalRecord }[] = []
  const scan = scanSegment(segment)
  for (;;) {
    const step = scan.next()
    if (step.done === true) {
      const to = step.value.soundBytes
      // Earlier rounds may have left damage before it, so offsets are counted from the end.
      let from = to
      let at = frames.length
      while (at > 0 && from - (frames[at - 1]?.bytes ?? 0) >= syncedBytes)
        from -= frames[--at]?.bytes ?? 0
      const tail = frames.slice(at)
      return {
        segment,
        from,
        to,
        firstSequence: tail[0]?.sequence ?? step.value.next,
        records: tail.map(({ record }) => record),
      }
    }
    if (step.value.kind === 'frame') {
      const { bytes, offset, sequence } = step.value
      frames.push({
        bytes: frameEnd(bytes, offset) - offset,
        sequence,
        record: readRecord(bytes, offset),
      })
    }
  }
}

/** Device and number of a reading's record; null for anything else. */
export function readingIn(
  record: JournalRecord,
): { readonly client: string; readonly seq: number; readonly isHttp: boolean } | null {
  if (record.kind !== 'message') return null
  const isHttp = (record.flags & FLAG_HTTP) !== 0
  const body = JSON.parse(Buffer.from(record.payload).toString()) as Record<string, unknown>
  const { seq } = body
  return { client: record.client, seq: typeof seq === 'number' ? seq : -1, isHttp }
}

export function tear(tail: Tail, random: () => number): void {
  truncateSync(tail.segment.path, tail.from + Math.floor(random() * (tail.to - tail.from)))
}

/** Turns up to eight bits; returns how many runs of records the journal's own reader then finds unreadable before sound ones. */
export function turnBits(tail: Tail, random: () => number): number {
  const file = openSync(tail.segment.path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    for (let bits = 1 + Math.floor(random() * 8); bits > 0; bits--) {
      const at = tail.from + Math.floor(random() * (tail.to - tail.from))
      readSync(file, byte, 0, 1, at)
      byte[0] = (byte[0] ?? 0) ^ (1 << Math.floor(random() * 8))
      writeSync(file, byte, 0, 1, at)
    }
  } finally {
    closeSync(file)
  }
  let damaged = 0
  for (const scanned of scanSegment(tail.segment))
    if (scanned.kind === 'damaged' && scanned.last >= tail.firstSequence) damaged++
  return damaged
}

/** The beginning of a record, or bytes that are none, behind the end of the last segment. */
export function addPartialFrame(segment: SegmentFile, random: () => number): void {
  const scan = scanSegment(segment)
  let step = scan.next()
  while (step.done !== true) step = scan.next()
  const device = lamp('CR-X-0000', null)
  const entry = {
    kind: 'message',
    flags: 0,
    client: device.id,
    topic: topicOf(device.id),
    payload: Buffer.from(JSON.stringify({ v: 1, m: { leakage_current: 99 } })),
  } as const
  const frame = Buffer.alloc(recordBytes(entry))
  writeRecord(frame, 0, entry, 0, step.value.next)
  const length = 1 + Math.floor(random() * (frame.length - 1))
  const bytes =
    random() < 0.2
      ? Buffer.alloc(length)
      : random() < 0.3
        ? Buffer.from(frame.map(() => Math.floor(random() * 256)))
        : frame.subarray(0, length)
  appendFileSync(segment.path, bytes)
}
