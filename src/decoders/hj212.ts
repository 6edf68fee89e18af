// HJ 212 (2005, 2017): the text frames of pollution monitors, as a data transmission unit publishes them: `##`, the length of the data
// segment in four digits, the segment, four hex digits of CRC. The bytes are looked at, as names may be Chinese text of any coding.

import type { Decode } from '../core/messages/reading.ts'
import { crcHj212 } from './crc-16.ts'
import { decodeFrames, FRAME_BYTES_MAX } from './frame-scan.ts'
import type { FrameAt } from './frame-scan.ts'
import { hexDigit } from './hex-text.ts'
import { readHj212Segment } from './hj212-segment.ts'

const HASH = 0x23
const AMPERSAND = 0x26
const HEAD_BYTES = 6
const CRC_BYTES = 4
const SEGMENT_BYTES_MAX = FRAME_BYTES_MAX - HEAD_BYTES - CRC_BYTES

export const decodeHj212: Decode = (payload, { topic }) =>
  decodeFrames(payload, { nextStart, frameAt, read: (text) => readHj212Segment(text, topic) }, true)

function nextStart(bytes: Uint8Array, from: number): number {
  const { length } = bytes
  let at = from
  while (at < length && !(bytes[at] === HASH && (at + 1 === length || bytes[at + 1] === HASH))) at++
  return at
}

function frameAt(bytes: Uint8Array, start: number): FrameAt<string> {
  const from = start + HEAD_BYTES
  let segmentLength = 0
  for (let at = start + 2; at < Math.min(from, bytes.length); at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return { kind: 'none', expected: '## and four digits' }
    segmentLength = segmentLength * 10 + digit
  }
  if (bytes.length < from) return { kind: 'cut' }
  if (segmentLength > SEGMENT_BYTES_MAX)
    return { kind: 'none', expected: `a data segment of at most ${SEGMENT_BYTES_MAX} bytes` }

  const end = from + segmentLength
  const isWhole = isCrc(bytes, end)
  if (isWhole && crcHj212(bytes, from, end) === crcAt(bytes, end)) return whole(bytes, from, end)
  const wideEnd = endByCharacters(bytes, from, segmentLength)
  if (wideEnd !== null) return whole(bytes, from, wideEnd)
  const work = Math.min(FRAME_BYTES_MAX, bytes.length - start)
  if (isWhole) {
    const segment = textOf(bytes, from, end)
    const device = /(?:^|;)MN=([^;]{1,64})/.exec(segment)?.[1]?.trim()
    const expected = hex4(crcHj212(bytes, from, end))
    return {
      kind: 'damaged',
      refusal: {
        code: 'bad_checksum',
        detail: `CRC: expected ${expected}, got ${textOf(bytes, end, end + CRC_BYTES).toUpperCase()}`,
        ...(device === undefined || device === '' ? {} : { device }),
      },
      end: end + CRC_BYTES,
      work,
    }
  }
  if (bytes.length < end + CRC_BYTES || isWide(bytes, from, end)) return { kind: 'cut', work }
  return { kind: 'none', expected: `a CRC behind ${segmentLength} bytes`, work }
}

function whole(bytes: Uint8Array, from: number, end: number): FrameAt<string> {
  return {
    kind: 'frame',
    frame: textOf(bytes, from, end),
    end: end + CRC_BYTES,
    work: end - from,
  }
}

/** The segment's end when its sender counted characters and some of them took two or three bytes; null when no CRC fits there. */
function endByCharacters(bytes: Uint8Array, from: number, length: number): number | null {
  const last = Math.min(bytes.length - CRC_BYTES, from + SEGMENT_BYTES_MAX)
  let utf8 = 0
  let gbk = 0
  let isSecond = false
  let isWideText = false
  for (let at = from; at <= last; at++) {
    // GBK: a byte from 81 on takes the next one with it. UTF-8: bytes 80 to BF go on with a character.
    const isAtLength = utf8 === length || (gbk === length && !isSecond)
    if (
      isWideText &&
      isAtLength &&
      bytes[at - 1] === AMPERSAND &&
      bytes[at - 2] === AMPERSAND &&
      isCrc(bytes, at) &&
      crcHj212(bytes, from, at) === crcAt(bytes, at)
    )
      return at
    if (utf8 > length && gbk > length) return null
    const byte = bytes[at] ?? 0
    if (byte >= 0x80) isWideText = true
    if (byte < 0x80 || byte > 0xbf) utf8++
    if (isSecond) isSecond = false
    else {
      gbk++
      isSecond = byte >= 0x81
    }
  }
  return null
}

function isWide(bytes: Uint8Array, from: number, end: number): boolean {
  // The characters that are missing at the end would be behind all of these bytes.
  const isOpen = bytes.length < end + 2 * (end - from) + CRC_BYTES
  if (!isOpen) return false
  for (let at = from; at < bytes.length; at++)
    if ((bytes[at] ?? 0) >= 0x80) return !hasEnd(bytes, at)
  return false
}

/** Whether a segment ends and a CRC follows somewhere behind. */
function hasEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at <= bytes.length - CRC_BYTES; at++)
    if (bytes[at - 1] === AMPERSAND && bytes[at - 2] === AMPERSAND && isCrc(bytes, at)) return true
  return false
}

function isCrc(bytes: Uint8Array, at: number): boolean {
  for (let n = at; n < at + CRC_BYTES; n++) if (hexDigit(bytes[n] ?? 0) < 0) return false
  return true
}

function crcAt(bytes: Uint8Array, at: number): number {
  let crc = 0
  for (let n = at; n < at + CRC_BYTES; n++) crc = crc * 16 + hexDigit(bytes[n] ?? 0)
  return crc
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0')
}

/** One character for each byte: what matters in a segment is ASCII. */
function textOf(bytes: Uint8Array, from: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(from, end))
}
