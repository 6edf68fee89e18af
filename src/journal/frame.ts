// The check of a frame: how it is sealed with its CRC, and which bytes can be a frame at all. The layout itself is `core/messages/record.ts`.

import { type Entry, FRAME_HEADER_BYTES, recordBytes } from '../core/messages/record.ts'
import { crc32 } from './crc32.ts'

/** A record with empty client, topic and payload. */
export const FRAME_BYTES_MIN = FRAME_HEADER_BYTES + 13
/** Larger entries are refused; a larger length on disk is damage. */
export const FRAME_BYTES_MAX = 16 * 2 ** 20

const CRC_AT = 4
const CHECKED_FROM = 8

/** Bytes of the entry's frame; infinite when client or topic do not fit into one. */
export function frameBytes(entry: Entry): number {
  try {
    return recordBytes(entry)
  } catch {
    return Infinity
  }
}

/** Fills in the CRC of the frame that `writeRecord` has put from `start` up to `end`. */
export function sealFrame(bytes: Buffer, start: number, end: number): void {
  bytes.writeUInt32LE(crc32(bytes, start + CHECKED_FROM, end), start + CRC_AT)
}

/** Whether the CRC of the whole frame from `start` up to `end` is right. */
export function isSealed(bytes: Buffer, start: number, end: number): boolean {
  return bytes.readUInt32LE(start + CRC_AT) === crc32(bytes, start + CHECKED_FROM, end)
}

/** Low half of the sequence of the frame at `start`. */
export function lowSequence(bytes: Buffer, start: number): number {
  return bytes.readUInt32LE(start + CHECKED_FROM)
}
