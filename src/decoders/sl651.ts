// SL 651-2014, coded in hex: the frames of hydrological stations, as raw bytes or as hex text, whatever the transmission unit makes of
// them. Begins with 7E7E, says its length, ends with CRC-16/MODBUS, high byte first.

import type { Decode } from '../core/messages/reading.ts'
import { bcdDigits, hexOf } from './bcd.ts'
import { crcModbus } from './crc-16.ts'
import { decodeFrames, FRAME_BYTES_MAX } from './frame-scan.ts'
import type { FrameAt, FrameFormat } from './frame-scan.ts'
import { fromHexText } from './hex-text.ts'
import { readSl651Body } from './sl651-body.ts'
import type { Sl651Frame } from './sl651-body.ts'

const START = 0x7e
const LENGTH_AT = 11
const BODY_AT = 14
/** The end mark and the CRC. */
const TAIL_BYTES = 3
const STX = 0x02
/** One of several packets: their number and ours, three bytes, stand before the body. */
const SYN = 0x16
const PACKET_BYTES = 3
const DOWN = 8
const BODY_BYTES_MAX = FRAME_BYTES_MAX - BODY_AT - TAIL_BYTES - PACKET_BYTES

const format: FrameFormat<Sl651Frame> = { nextStart, frameAt, read: readSl651Body }

export const decodeSl651: Decode = (payload) => {
  const bytes = fromHexText(payload)
  return bytes === null ? decodeFrames(payload, format, true) : decodeFrames(bytes, format, false)
}

function nextStart(bytes: Uint8Array, from: number): number {
  const { length } = bytes
  let at = from
  while (at < length && !(bytes[at] === START && (at + 1 === length || bytes[at + 1] === START)))
    at++
  return at
}

function frameAt(bytes: Uint8Array, start: number): FrameAt<Sl651Frame> {
  if (bytes.length < start + BODY_AT) return { kind: 'cut' }
  const high = bytes[start + LENGTH_AT] ?? 0
  const bodyLength = (high & 0x0f) * 256 + (bytes[start + LENGTH_AT + 1] ?? 0)
  const direction = high >> 4
  const mark = bytes[start + BODY_AT - 1]
  if (direction !== 0 && direction !== DOWN)
    return { kind: 'none', expected: 'direction 0 or 8 before the length' }
  if (mark !== STX && mark !== SYN) return { kind: 'none', expected: '02 or 16 before the body' }
  if (bodyLength > BODY_BYTES_MAX)
    return { kind: 'none', expected: `a body of at most ${BODY_BYTES_MAX} bytes` }

  const isPacket = mark === SYN
  const bodyAt = start + BODY_AT
  let end = bodyAt + bodyLength + TAIL_BYTES
  if (bytes.length < end) return { kind: 'cut' }
  let work = end - start
  // Whether the packet's numbers count as its length is told in two ways.
  if (isPacket && !fits(bytes, start, end) && bytes.length >= end + PACKET_BYTES) {
    end += PACKET_BYTES
    work += end - start
  }
  // A station sends its own address behind the centre's, the centre puts the station's first.
  const station = bytes.subarray(
    start + (direction === 0 ? 3 : 2),
    start + (direction === 0 ? 8 : 7),
  )
  const device = bcdDigits(station) ?? hexOf(station)
  if (!fits(bytes, start, end)) {
    const expected = hexOf(crcBytes(bytes, start, end - 2)).toUpperCase()
    const got = hexOf(bytes.subarray(end - 2, end)).toUpperCase()
    return {
      kind: 'damaged',
      refusal: { code: 'bad_checksum', detail: `CRC: expected ${expected}, got ${got}`, device },
      end,
      work,
    }
  }
  const frame: Sl651Frame = {
    device,
    isDown: direction === DOWN,
    isPacket,
    command: bytes[start + LENGTH_AT - 1] ?? 0,
    body: bytes.subarray(bodyAt, end - TAIL_BYTES),
  }
  return { kind: 'frame', frame, end, work }
}

function fits(bytes: Uint8Array, start: number, end: number): boolean {
  return crcModbus(bytes, start, end - 2) === (bytes[end - 2] ?? 0) * 256 + (bytes[end - 1] ?? 0)
}

function crcBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const crc = crcModbus(bytes, start, end)
  return Uint8Array.of(crc >> 8, crc & 0xff)
}
