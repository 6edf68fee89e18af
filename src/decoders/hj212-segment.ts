// The data segment of an HJ 212 frame whose CRC fits: who sends it, which command it is, what it measured, and the answer it waits for.

import type { RawReading, Refusal } from '../core/messages/reading.ts'
import { beijingTime } from './beijing-time.ts'
import type { FrameContent } from './frame-scan.ts'
import { readHj212Items } from './hj212-items.ts'
import { printable } from './refusal.ts'
import { hj212Answer } from './hj212-answer.ts'

/** Commands that carry values, and what their names begin with: 2011 real time, 2051 minutes, 2061 hours, 2031 days. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ['2011', ''],
  ['2051', '2051:'],
  ['2061', '2061:'],
  ['2031', '2031:'],
])
/** Uploads without values: state and running times of the plant's devices, starts of the logger. */
const silent: ReadonlySet<string> = new Set(['2021', '2041', '2081'])
/** A frame that was measured longer than this before it was sent has waited somewhere. */
const LIVE_MAX_MS = 60_000
const DEVICE_MAX = 64
const NOTHING: FrameContent = { readings: [], refused: [] }

export function readHj212Segment(segment: string, topic: string): FrameContent {
  const opening = segment.indexOf('CP=&&')
  const head = fieldsOf(opening < 0 ? segment : segment.slice(0, opening))
  const device = head.get('MN') ?? ''
  if (device === '' || device.length > DEVICE_MAX)
    return refused({ code: 'wrong_shape', detail: `MN: expected 1 to ${DEVICE_MAX} characters` })
  const command = head.get('CN') ?? ''
  if (!/^\d{4}$/.test(command))
    return refused({ code: 'wrong_shape', detail: 'CN: expected four digits', device })

  const prefix = prefixes.get(command)
  if (prefix === undefined && !silent.has(command)) {
    // The other groups are talk about settings and answers.
    if (!command.startsWith('2')) return NOTHING
    const detail = `CN: expected 2011, 2031, 2051 or 2061, got ${command}`
    return refused({ code: 'unsupported', detail, device })
  }
  const reply = hj212Answer(head, topic)
  const content =
    prefix === undefined
      ? NOTHING
      : readData(segment.slice(opening), { device, command, prefix, queriedAt: head.get('QN') })
  return { ...content, ...(reply === null ? {} : { reply }) }
}

interface Origin {
  readonly device: string
  readonly command: string
  readonly prefix: string
  readonly queriedAt: string | undefined
}

function readData(data: string, { device, command, prefix, queriedAt }: Origin): FrameContent {
  const closing = data.lastIndexOf('&&')
  if (closing < 5) return refused({ code: 'wrong_shape', detail: 'CP: expected &&...&&', device })
  const { time, metrics, refused: bad } = readHj212Items(data.slice(5, closing), command, prefix)
  const sent = queriedAt === undefined ? Number.NaN : beijingTime(queriedAt)
  const measured = time === null ? Number.NaN : beijingTime(time)
  if (time !== null && Number.isNaN(measured)) {
    const detail = `DataTime: expected YYYYMMDDhhmmss, got "${printable(time.slice(0, 20))}"`
    return refused({ code: 'bad_timestamp', detail, device })
  }
  const refusals: Refusal[] = bad.map((refusal) => ({ ...refusal, device }))
  const names = Object.keys(metrics)
  if (names.length === 0) {
    if (refusals.length === 0)
      refusals.push({ code: 'empty', detail: 'CP: expected values, got none', device })
    return { readings: [], refused: refusals }
  }
  const ts = Number.isNaN(measured) ? (Number.isNaN(sent) ? null : sent) : measured
  // The time of a period is its beginning, whatever the clock says now.
  const isPeriod = command !== '2011'
  const isLate = sent - measured > LIVE_MAX_MS
  const reading: RawReading = { ts, seq: null, metrics, device }
  return {
    readings: [isPeriod || isLate ? { ...reading, isBacklog: true } : reading],
    refused: refusals,
  }
}

function fieldsOf(head: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const field of head.split(';')) {
    const equals = field.indexOf('=')
    if (equals > 0) fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim())
  }
  return fields
}

function refused(refusal: Refusal): FrameContent {
  return { readings: [], refused: [refusal] }
}
