// Finds the frames of a byte stream in one payload: several glued together, garbage between them, the last one cut off. A format says
// what begins a frame and what stands there; everything in between is refused once for each run.

import type { Decoded, RawReading, Refusal, Reply } from '../core/messages/reading.ts'

export const FRAME_BYTES_MAX = 2048
/** A payload, and before it the beginning of a frame that has waited for its end. */
const PAYLOAD_BYTES_MAX = 65_536 + 4_096
const PARTS_MAX = 500
/** A healthy payload is looked at once; what makes us look at its bytes again and again is not one. */
const WORK_PER_BYTE = 8
const WORK_MIN = 8192
const WORK_MAX = 3 * PAYLOAD_BYTES_MAX
const LOOK_WORK = 16

/** What stands where a frame may begin. `work`: how many bytes had to be looked at to tell. */
export type FrameAt<Frame> =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly end: number; readonly work: number }
  | {
      readonly kind: 'damaged'
      readonly refusal: Refusal
      readonly end: number
      readonly work: number
    }
  /** As far as it goes it is a frame, and its end is not there. */
  | { readonly kind: 'cut'; readonly work?: number }
  | { readonly kind: 'none'; readonly expected: string; readonly work?: number }

export interface FrameFormat<Frame> {
  /** Where the next frame may begin, perhaps with its very last byte; the payload's length when nowhere. */
  nextStart(bytes: Uint8Array, from: number): number
  frameAt(bytes: Uint8Array, start: number): FrameAt<Frame>
  /** At most some hundred readings a frame. */
  read(frame: Frame): FrameContent
  /** Wakes the line up before a frame, besides line ends, blanks and zeros. */
  readonly wakeUp?: number
}

export interface FrameContent {
  readonly readings: readonly RawReading[]
  readonly refused: readonly Refusal[]
  readonly reply?: Reply
}

/** `isStream`: more bytes may come, so that a frame without its end is kept for the next payload. */
export function decodeFrames<Frame>(
  bytes: Uint8Array,
  format: FrameFormat<Frame>,
  isStream: boolean,
): Decoded {
  if (bytes.length === 0) return refused('empty', 'expected a frame, got no bytes')
  if (bytes.length > PAYLOAD_BYTES_MAX)
    return refused('too_large', `expected at most ${PAYLOAD_BYTES_MAX} bytes, got ${bytes.length}`)

  const readings: RawReading[] = []
  const refusals: Refusal[] = []
  const replies: Reply[] = []
  const { length } = bytes
  const workMax = Math.min(WORK_MAX, WORK_MIN + WORK_PER_BYTE * length)
  let at = 0
  let work = 0
  let garbage: { readonly from: number; readonly expected: string } | null = null

  function look(start: number): FrameAt<Frame> {
    const found = format.frameAt(bytes, start)
    work += LOOK_WORK + (found.work ?? 0)
    return found
  }

  function endGarbage(end: number): void {
    if (garbage === null) return
    const { from, expected } = garbage
    garbage = null
    refusals.push({
      code: 'broken_frame',
      detail: `expected ${expected} at byte ${from}, got ${end - from} bytes that are no whole frame`,
    })
  }

  /** The first whole frame that begins in between; null when there is none. */
  function wholeBetween(from: number, end: number): number | null {
    let start = format.nextStart(bytes, from)
    while (start < end && work < workMax) {
      if (look(start).kind === 'frame') return start
      start = format.nextStart(bytes, start + 1)
    }
    return null
  }

  while (at < length) {
    if (work >= workMax) {
      garbage ??= { from: at, expected: 'frames with less damage' }
      break
    }
    if (readings.length + refusals.length >= PARTS_MAX) {
      endGarbage(at)
      const detail = `expected at most ${PARTS_MAX} readings, got ${length - at} bytes more at byte ${at}`
      refusals.push({ code: 'too_many_readings', detail })
      break
    }
    if (garbage === null && isFiller(bytes[at], format.wakeUp)) {
      at++
      continue
    }
    const start = format.nextStart(bytes, at)
    if (start > at) garbage ??= { from: at, expected: 'the beginning of a frame' }
    at = start
    if (start >= length) break
    const found = look(start)
    if (
      found.kind === 'cut' &&
      isStream &&
      length - start <= FRAME_BYTES_MAX &&
      wholeBetween(start + 1, length) === null
    ) {
      endGarbage(start)
      return { ...content(), rest: bytes.subarray(start) }
    }
    if (found.kind === 'frame') {
      endGarbage(start)
      const read = format.read(found.frame)
      readings.push(...read.readings)
      refusals.push(...read.refused)
      if (read.reply !== undefined) replies.push(read.reply)
      at = found.end
    } else if (found.kind === 'damaged') {
      endGarbage(start)
      refusals.push(found.refusal)
      // Its length may be what is damaged, and a good frame lie inside it.
      at =
        wholeBetween(start + 1, found.end) ??
        (isBoundary(bytes, found.end, format) ? found.end : format.nextStart(bytes, start + 1))
    } else {
      garbage ??= {
        from: start,
        expected: found.kind === 'cut' ? 'the end of the frame' : found.expected,
      }
      at = start + 1
    }
  }
  endGarbage(length)
  return content()

  function content() {
    return {
      kind: 'readings',
      device: null,
      readings,
      refused: refusals,
      ...(replies.length === 0 ? {} : { replies }),
    } as const
  }
}

function isBoundary<Frame>(bytes: Uint8Array, end: number, format: FrameFormat<Frame>): boolean {
  return (
    end >= bytes.length ||
    isFiller(bytes[end], format.wakeUp) ||
    format.nextStart(bytes, end) === end
  )
}

/** Line ends, blanks and zeros stand between frames without meaning. */
function isFiller(byte: number | undefined, wakeUp: number | undefined): boolean {
  return (
    byte === 0x0d ||
    byte === 0x0a ||
    byte === 0x20 ||
    byte === 0x00 ||
    (byte === wakeUp && byte !== undefined)
  )
}

function refused(code: Refusal['code'], detail: string): Decoded {
  return { kind: 'refused', refusal: { code, detail } }
}
