// Segment files: their names, their header of 32 bytes, and which of them a directory holds.
//
//   magic "HETAOJ01" | u16 format version | u16 partition | u32 CRC-32 of the other 28 bytes | f64 first sequence | f64 created at
//
// The magic, the version and the CRC stay where they are in every later version, so that an older program can tell a newer file
// from a damaged one.

import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Millis } from '../core/position.ts'
import { crc32 } from './crc32.ts'

export const SEGMENT_HEADER_BYTES = 32
const MAGIC = 'HETAOJ01'
const VERSION = 1
const PARTITION = 0
const SEGMENT_NAME = /^(\d{16})\.journal$/
const TORN_NAME = /^(\d{16})\.journal\.torn-\d+$/
const UNFINISHED_NAME = /^\d{16}\.journal(\.torn-\d+)?\.new$/

export interface SegmentFile {
  /** Sequence of its first record, from the name. */
  readonly first: number
  readonly path: string
}

export type SegmentHeader =
  | {
      readonly kind: 'ok'
      readonly first: number
      /** Stamp of the writer when the file was begun: no earlier record is later, no later record is earlier. */
      readonly createdAt: Millis
    }
  | { readonly kind: 'damaged'; readonly reason: string }

export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.journal`
}

export function encodeHeader(first: number, createdAt: Millis): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  header.write(MAGIC, 0, 'latin1')
  header.writeUInt16LE(VERSION, 8)
  header.writeUInt16LE(PARTITION, 10)
  header.writeDoubleLE(first, 16)
  header.writeDoubleLE(createdAt, 24)
  header.writeUInt32LE(headerCrc(header), 12)
  return header
}

/** Throws when the header is sound but this program must not touch the file: a newer format, or a partition it does not keep. */
export function decodeHeader(header: Buffer, path: string): SegmentHeader {
  if (header.length < SEGMENT_HEADER_BYTES)
    return {
      kind: 'damaged',
      reason: `expected a header of ${SEGMENT_HEADER_BYTES} bytes, got ${header.length}`,
    }
  if (header.toString('latin1', 0, 8) !== MAGIC)
    return { kind: 'damaged', reason: `expected the header to begin with ${MAGIC}` }
  if (header.readUInt32LE(12) !== headerCrc(header))
    return { kind: 'damaged', reason: 'the CRC of the header does not match' }
  const version = header.readUInt16LE(8)
  if (version !== VERSION)
    throw new Error(
      `Cannot read journal segment ${path}: expected format version ${VERSION}, got ${version}; it was written by a newer program`,
    )
  const partition = header.readUInt16LE(10)
  if (partition !== PARTITION)
    throw new Error(
      `Cannot read journal segment ${path}: expected partition ${PARTITION}, got ${partition}`,
    )
  return { kind: 'ok', first: header.readDoubleLE(16), createdAt: header.readDoubleLE(24) }
}

export function readHeader(path: string): SegmentHeader {
  const file = openSync(path, 'r')
  try {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
    return decodeHeader(header.subarray(0, readSync(file, header, 0, header.length, 0)), path)
  } finally {
    closeSync(file)
  }
}

/** The directory's segments, the oldest first. */
export function listSegments(directory: string): SegmentFile[] {
  return numbered(directory, SEGMENT_NAME)
}

/** Copies of cut tails, under the first sequence of the segment they were cut from. */
export function listTornTails(directory: string): SegmentFile[] {
  return numbered(directory, TORN_NAME)
}

/** Files whose making was cut short: they hold nothing that was acknowledged. */
export function listUnfinished(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => UNFINISHED_NAME.test(name))
    .map((name) => join(directory, name))
}

function numbered(directory: string, pattern: RegExp): SegmentFile[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const digits = pattern.exec(name)?.[1]
      return digits === undefined ? [] : [{ first: Number(digits), path: join(directory, name) }]
    })
    .sort((a, b) => a.first - b.first)
}

function headerCrc(header: Buffer): number {
  return crc32(Buffer.concat([header.subarray(0, 12), header.subarray(16)]), 0, 28)
}
