// The body of an SL 651 frame whose CRC fits: serial number and time of sending, then groups: the observed station, the time of
// observation, elements. Functions other than the stations' reports are named in a refusal, never guessed at.

import type { RawReading, Refusal } from '../core/messages/reading.ts'
import { hexOf } from './bcd.ts'
import type { FrameContent } from './frame-scan.ts'
import { readSl651Groups } from './sl651-groups.ts'
import { sl651Time } from './sl651-time.ts'

export interface Sl651Frame {
  readonly device: string
  /** From the centre to a station. */
  readonly isDown: boolean
  /** One packet of several. */
  readonly isPacket: boolean
  readonly command: number
  /** Between the start and the end mark. */
  readonly body: Uint8Array
}

const KEEP_ALIVE = 0x2f
/** Test, even intervals, timed, extra, hourly. */
const reports: ReadonlySet<number> = new Set([0x30, 0x31, 0x32, 0x33, 0x34])
const HEAD_BYTES = 8
/** A reading that was observed longer than this before it was sent has waited, or stands for a period. */
const LIVE_MAX_MS = 60_000
const NOTHING: FrameContent = { readings: [], refused: [] }

export function readSl651Body({
  device,
  isDown,
  isPacket,
  command,
  body,
}: Sl651Frame): FrameContent {
  if (isDown || (command === KEEP_ALIVE && !isPacket)) return NOTHING
  if (isPacket)
    return refused('unsupported', 'expected a frame of its own, got one of several packets')
  if (!reports.has(command))
    return refused(
      'unsupported',
      `function: expected 2F to 34, got ${hexOf(Uint8Array.of(command))}`,
    )
  if (body.length < HEAD_BYTES)
    return refused(
      'wrong_shape',
      `expected a body of at least ${HEAD_BYTES} bytes, got ${body.length}`,
    )
  const sentAt = sl651Time(body.subarray(2, HEAD_BYTES))
  if (Number.isNaN(sentAt))
    return refused(
      'bad_timestamp',
      `time of sending: expected yyMMddHHmmss, got ${hexOf(body.subarray(2, HEAD_BYTES))}`,
    )
  const groups = readSl651Groups(body.subarray(HEAD_BYTES), { device, sentAt })
  const refusals: Refusal[] = groups.refused.map((refusal) => ({ device, ...refusal }))
  if (groups.readings.length === 0 && refusals.length === 0)
    return refused('empty', 'expected elements, got none')
  return {
    readings: groups.readings.map((reading): RawReading => {
      const isLate = reading.ts !== null && sentAt - reading.ts > LIVE_MAX_MS
      return isLate ? { ...reading, isBacklog: true } : reading
    }),
    refused: refusals,
  }

  function refused(code: Refusal['code'], detail: string): FrameContent {
    return { readings: [], refused: [{ code, detail, device }] }
  }
}
