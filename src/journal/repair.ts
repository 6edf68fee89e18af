// Brings a journal directory into order before the writer continues: removes what was never finished, cuts a torn tail and keeps a
// copy of it, and finds where the next record goes. Killed half-way and run again it comes to the same end.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { type Millis, type Position, positionAt } from '../core/position.ts'
import { readRecord } from '../core/messages/record.ts'
import { isDiskFull } from './journal-io.ts'
import { type Scanned, type ScanEnd, scanSegment } from './scan-segment.ts'
import {
  listSegments,
  listTornTails,
  listUnfinished,
  readHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentFile,
} from './segment.ts'

/** What opening found and did, for the log and the status page. */
export interface Repair {
  /**
   * Tails without a sound record, cut off; their bytes are kept in `savedAs`. When the disk is full that is null, the tail stays
   * where it is, and the writer goes on in a new segment.
   */
  readonly torn: readonly {
    readonly segment: string
    readonly bytes: number
    readonly savedAs: string | null
  }[]
  /** Damage with sound records behind it, left as it is. */
  readonly damaged: readonly {
    readonly first: Position
    readonly last: Position
    readonly reason: string
  }[]
  /** Process id of the dead owner whose lock was taken over. */
  readonly tookOverFrom: number | null
}

export interface KnownSegment extends SegmentFile {
  readonly bytes: number
  readonly createdAt: Millis
  /** Copies of torn tails that go when the segment goes. */
  readonly torn: readonly string[]
  readonly tornBytes: number
}

export interface RepairedDirectory {
  readonly segments: readonly KnownSegment[]
  /** Whether the last segment may be written on. */
  readonly lastIsSound: boolean
  /** Sequence of the next record. */
  readonly next: number
  /** Stamp of the last record or a later one; 0 in a new journal. */
  readonly lastStamp: Millis
  readonly torn: Repair['torn']
  readonly damaged: Repair['damaged']
}

/** Throws when the directory cannot be read or written, or a segment is of a newer format. */
export function repairDirectory(directory: string): RepairedDirectory {
  for (const path of listUnfinished(directory)) rmSync(path)
  const torn: Repair['torn'][number][] = []
  const last = repairLast(directory, torn)
  // Records of a killed writer may be in memory of the system only; from here on they count as committed, so they must be on disk.
  if (last !== null) syncPath(last.segment.path, fdatasyncSync)
  if (process.platform !== 'win32') syncPath(directory, fsyncSync)
  const segments = knownSegments(directory)
  return {
    segments,
    lastIsSound: last !== null && last.mayContinue,
    next: last?.end.next ?? 1,
    lastStamp: Math.max(last?.stamp ?? 0, segments.at(-1)?.createdAt ?? 0),
    torn,
    damaged: last?.damaged ?? [],
  }
}

interface LastSegment {
  readonly segment: SegmentFile
  readonly end: ScanEnd
  readonly stamp: Millis
  readonly damaged: Repair['damaged']
  readonly mayContinue: boolean
}

/** Scans from the end until a segment is found that holds something; a file without a sound header or record is removed. */
function repairLast(directory: string, torn: Repair['torn'][number][]): LastSegment | null {
  for (const segment of listSegments(directory).reverse()) {
    const scanned = scanWhole(segment)
    const { end } = scanned
    const isEmpty = end.next === segment.first && end.header.kind === 'damaged'
    const soundBytes = isEmpty ? 0 : end.soundBytes
    let isCut = true
    if (end.size > soundBytes) {
      const savedAs = saveTail(segment.path, soundBytes)
      torn.push({ segment: segment.path, bytes: end.size - soundBytes, savedAs })
      isCut = savedAs !== null
    }
    if (isEmpty && isCut) {
      rmSync(segment.path)
      continue
    }
    if (end.size > soundBytes && isCut) cut(segment.path, soundBytes)
    return { segment, ...scanned, mayContinue: isCut && end.header.kind === 'ok' }
  }
  return null
}

function scanWhole(segment: SegmentFile): Omit<LastSegment, 'segment' | 'mayContinue'> {
  const damaged: Repair['damaged'][number][] = []
  let lastFrame: Extract<Scanned, { kind: 'frame' }> | null = null
  const scan = scanSegment(segment)
  for (;;) {
    const step = scan.next()
    if (step.done === true) {
      const stamp =
        lastFrame === null ? 0 : readRecord(lastFrame.bytes, lastFrame.offset).receivedAt
      return { end: step.value, stamp, damaged }
    }
    if (step.value.kind === 'frame') lastFrame = step.value
    else
      damaged.push({
        first: positionAt(step.value.first),
        last: positionAt(step.value.last),
        reason: step.value.reason,
      })
  }
}

/** Copies the bytes from `offset` on beside the segment; a copy that an earlier, interrupted repair made is used again. */
function saveTail(path: string, offset: number): string | null {
  const tail = readFileSync(path).subarray(offset)
  for (let n = 1; ; n++) {
    const copy = `${path}.torn-${n}`
    if (existsSync(copy)) {
      if (readFileSync(copy).equals(tail)) return copy
      continue
    }
    try {
      writeFileSync(`${copy}.new`, tail, { mode: 0o600, flush: true })
      renameSync(`${copy}.new`, copy)
      return copy
    } catch (error) {
      if (!isDiskFull(error)) throw error
      rmSync(`${copy}.new`, { force: true })
      return null
    }
  }
}

function cut(path: string, length: number): void {
  const file = openSync(path, 'r+')
  try {
    ftruncateSync(file, length)
  } finally {
    closeSync(file)
  }
}

function syncPath(path: string, sync: (file: number) => void): void {
  const file = openSync(path, sync === fsyncSync ? 'r' : 'r+')
  try {
    sync(file)
  } finally {
    closeSync(file)
  }
}

function knownSegments(directory: string): KnownSegment[] {
  const segments = listSegments(directory)
  const tails = listTornTails(directory)
  return segments.map((segment, index) => {
    const header = readHeader(segment.path)
    const { size, mtimeMs } = statSync(segment.path)
    // A tail whose segment is gone goes with the nearest one before it, or with the first.
    const torn = tails.filter(
      (tail) =>
        (index === 0 || tail.first >= segment.first) &&
        tail.first < (segments[index + 1]?.first ?? Infinity),
    )
    const tornBytes = torn.reduce((sum, tail) => sum + statSync(tail.path).size, 0)
    return {
      ...segment,
      bytes: Math.max(size, SEGMENT_HEADER_BYTES),
      createdAt: header.kind === 'ok' ? header.createdAt : mtimeMs,
      torn: torn.map((tail) => tail.path),
      tornBytes,
    }
  })
}
