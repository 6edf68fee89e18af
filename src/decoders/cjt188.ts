// CJ/T 188: the frames of water, heat and gas meters on a transmission unit's line, as raw bytes or as hex text. FE wakes the line up, 68
// begins a frame, one byte of sum and 16 end it.

import type { Decode } from '../core/messages/reading.ts'
import { hexOf } from './bcd.ts'
import { readCjt188Reply } from './cjt188-reply.ts'
import type { Cjt188Frame } from './cjt188-reply.ts'
import { decodeFrames } from './frame-scan.ts'
import type { FrameAt, FrameFormat } from './frame-scan.ts'
import { fromHexText } from './hex-text.ts'

const START = 0x68
const END = 0x16
const WAKE_UP = 0xfe
const HEAD_BYTES = 11
const TAIL_BYTES = 2

const format: FrameFormat<Cjt188Frame> = {
  nextStart,
  frameAt,
  read: readCjt188Reply,
  wakeUp: WAKE_UP,
}

export const decodeCjt188: Decode = (payload) => {
  const bytes = fromHexText(payload)
  return bytes === null ? decodeFrames(payload, format, true) : decodeFrames(bytes, format, false)
}

function nextStart(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(START, from)
  return at < 0 ? bytes.length : at
}

function frameAt(bytes: Uint8Array, start: number): FrameAt<Cjt188Frame> {
  if (bytes.length < start + HEAD_BYTES) return { kind: 'cut' }
  const contentAt = start + HEAD_BYTES
  const sumAt = contentAt + (bytes[contentAt - 1] ?? 0)
  const end = sumAt + TAIL_BYTES
  if (bytes.length < end) return { kind: 'cut' }
  if (bytes[end - 1] !== END)
    return { kind: 'none', expected: `68 and, ${end - 1 - start} bytes later, 16` }
  // The address comes low byte first and is printed on the meter the other way round.
  const device = hexOf(Uint8Array.from(bytes.subarray(start + 2, start + 9)).reverse())
  let sum = 0
  for (let at = start; at < sumAt; at++) sum = (sum + (bytes[at] ?? 0)) & 0xff
  const work = end - start
  if (sum !== bytes[sumAt]) {
    const expected = hexOf(Uint8Array.of(sum)).toUpperCase()
    const got = hexOf(bytes.subarray(sumAt, sumAt + 1)).toUpperCase()
    return {
      kind: 'damaged',
      refusal: { code: 'bad_checksum', detail: `sum: expected ${expected}, got ${got}`, device },
      end,
      work,
    }
  }
  const frame: Cjt188Frame = {
    device,
    meterType: bytes[start + 1] ?? 0,
    control: bytes[start + 9] ?? 0,
    content: bytes.subarray(contentAt, sumAt),
  }
  return { kind: 'frame', frame, end, work }
}
