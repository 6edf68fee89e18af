// Walks through one segment file frame by frame, checks every CRC, and finds the way again behind damage. Reading, repair and a
// copied segment alone all go through here.

import { closeSync, openSync } from 'node:fs'
import { FRAME_HEADER_BYTES, frameEnd } from '../core/messages/record.ts'
import { createFileWindow, type FileWindow } from './file-window.ts'
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN, isSealed, lowSequence } from './frame.ts'
import {
  decodeHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentFile,
  type SegmentHeader,
} from './segment.ts'

export type Scanned =
  /** A sound frame: `bytes` at `offset`, valid as long as someone holds it. */
  | {
      readonly kind: 'frame'
      readonly sequence: number
      readonly bytes: Buffer
      readonly offset: number
    }
  /** Records `first` to `last` cannot be read; sound ones follow. */
  | {
      readonly kind: 'damaged'
      readonly first: number
      readonly last: number
      readonly reason: string
    }

export interface ScanEnd {
  readonly header: SegmentHeader
  /** Sequence behind the last sound frame. */
  readonly next: number
  /** Offset behind the last sound frame. */
  readonly soundBytes: number
  /** Size of the file; what lies behind `soundBytes` holds no sound frame. */
  readonly size: number
}

/** Throws when the file cannot be opened or is of a newer format. */
export function* scanSegment(segment: SegmentFile): Generator<Scanned, ScanEnd> {
  const file = openSync(segment.path, 'r')
  try {
    const window = createFileWindow(file)
    const headerBytes = Math.min(window.size, SEGMENT_HEADER_BYTES)
    const headerAt = window.seek(0, headerBytes)
    const header = decodeHeader(
      window.bytes().subarray(headerAt, headerAt + headerBytes),
      segment.path,
    )
    let expected = segment.first
    let offset = SEGMENT_HEADER_BYTES
    for (;;) {
      let end = soundFrameEnd(window, offset, expected, 0)
      if (end === -1) {
        const found = resynchronise(window, offset, expected)
        if (found === null) break
        if (found.sequence > expected)
          yield {
            kind: 'damaged',
            first: expected,
            last: found.sequence - 1,
            reason: `${found.offset - offset} bytes at ${offset} of ${segment.path} fail their CRC`,
          }
        offset = found.offset
        expected = found.sequence
        end = soundFrameEnd(window, offset, expected, 0)
      }
      const at = window.seek(offset, end - offset)
      if (at === -1) break
      yield { kind: 'frame', sequence: expected, bytes: window.bytes(), offset: at }
      offset = end
      expected++
    }
    const soundBytes = Math.min(offset, window.size)
    return { header, next: expected, soundBytes, size: window.size }
  } finally {
    closeSync(file)
  }
}

/** File offset behind a sound frame at `offset` whose sequence is at most `ahead` beyond the expected one; else -1. */
function soundFrameEnd(
  window: FileWindow,
  offset: number,
  expected: number,
  ahead: number,
): number {
  const start = window.seek(offset, FRAME_HEADER_BYTES)
  if (start === -1) return -1
  if (distance(window.bytes(), start, expected) > ahead) return -1
  const length = frameEnd(window.bytes(), start) - start
  if (length < FRAME_BYTES_MIN || length > FRAME_BYTES_MAX) return -1
  const whole = window.seek(offset, length)
  if (whole === -1 || !isSealed(window.bytes(), whole, whole + length)) return -1
  return offset + length
}

/** How far the sequence of the frame is ahead of the expected one; a huge number when it is behind. */
function distance(bytes: Buffer, start: number, expected: number): number {
  return (lowSequence(bytes, start) - expected) >>> 0
}

/**
 * The next sound frame behind a bad one. The bad frame's own length is tried first: so damage in a payload cannot make a frame that
 * a device has hidden in its payload look like a record.
 */
function resynchronise(
  window: FileWindow,
  bad: number,
  expected: number,
): { offset: number; sequence: number } | null {
  const start = window.seek(bad, FRAME_HEADER_BYTES)
  if (start === -1) return null
  const behind = bad + frameEnd(window.bytes(), start) - start
  if (soundFrameEnd(window, behind, expected + 1, 0) !== -1)
    return { offset: behind, sequence: expected + 1 }
  for (let offset = bad + 1; offset + FRAME_BYTES_MIN <= window.size; offset++) {
    const at = window.seek(offset, FRAME_HEADER_BYTES)
    if (at === -1) return null
    // No more records can be missing than have room in the bytes passed over.
    const ahead = Math.floor((offset - bad) / FRAME_BYTES_MIN)
    const skipped = distance(window.bytes(), at, expected)
    if (skipped <= ahead && soundFrameEnd(window, offset, expected, ahead) !== -1)
      return { offset, sequence: expected + skipped }
  }
  return null
}
