// The bytes of one journal record, and how records follow each other in a chunk. Every input travels in this form, from the
// writer through the journal's files to the pipeline; nothing else knows the layout.
//
//   frame   u32 body length | u32 CRC-32 of everything after it | u32 low half of the sequence | body
//   body    u8 kind | u8 flags | f64 received at (ms) | u8 n, client | u16 n, topic | payload to the end     (little endian)

import type { Millis } from '../position.ts'
import { createSenders } from './senders.ts'

/** `message` from a device, `command` from a person or system, `answer` of a case system, `clock` when nothing else came. */
export const recordKinds = ['message', 'command', 'answer', 'clock'] as const
export type RecordKind = (typeof recordKinds)[number]

export const FLAG_SIMULATED = 1
/** Came through the HTTP door: the payload names its device, the topic is empty. */
export const FLAG_HTTP = 2
/**
 * Taken from quarantine again: stored, never annunciated. The payload begins with the first receive time (f64, ms) and the position
 * at which it was refused (f64).
 */
export const FLAG_REDRIVEN = 4

/**
 * Payload formats by number, in bits 3 to 7 of a record's flags: a record says itself how it is to be read, whatever becomes of the
 * account that sent it. The order stands for ever; new ones go to the end.
 */
export const payloadFormats = [
  'canonical',
  'thing-model',
  'ctwing',
  'onenet',
  'chirpstack',
  'tts',
  'hj212',
  'sl651',
  'cjt188',
  'senml',
  'zigbee2mqtt',
] as const
export type PayloadFormat = (typeof payloadFormats)[number]
const FORMAT_SHIFT = 3

export function flagsOfFormat(format: PayloadFormat): number {
  return payloadFormats.indexOf(format) << FORMAT_SHIFT
}

/** Null for a number that this version does not know. */
export function formatOfFlags(flags: number): PayloadFormat | null {
  return payloadFormats[flags >> FORMAT_SHIFT] ?? null
}

/** Stands before an integration account's id where a record names its sender: no device or person is called so. */
export const INTEGRATION_MARK = '@'

/** What is handed to the journal; the writer adds the time. */
export interface Entry {
  readonly kind: RecordKind
  readonly flags: number
  /** Device or account that sent it, at most 255 bytes of UTF-8; empty for the product itself. */
  readonly client: string
  /** MQTT topic, or the command's kind; at most 65,535 bytes of UTF-8. */
  readonly topic: string
  readonly payload: Uint8Array
}

export interface JournalRecord extends Entry {
  /** When the writer stamped it; never decreases from one record to the next. */
  readonly receivedAt: Millis
}

export const FRAME_HEADER_BYTES = 12
const BODY_FIXED_BYTES = 13
const senders = createSenders()

/** Bytes the record takes in a chunk or segment, frame header included. Throws RangeError when client or topic are too long. */
export function recordBytes(entry: Entry): number {
  const client = Buffer.byteLength(entry.client)
  const topic = Buffer.byteLength(entry.topic)
  if (client > 255)
    throw new RangeError(
      `Cannot write a record: expected a client of at most 255 bytes, got ${client}`,
    )
  if (topic > 65_535)
    throw new RangeError(
      `Cannot write a record: expected a topic of at most 65535 bytes, got ${topic}`,
    )
  return FRAME_HEADER_BYTES + BODY_FIXED_BYTES + client + topic + entry.payload.length
}

/**
 * Writes the frame at `offset` with CRC 0 and returns the offset behind it. The caller has made room with `recordBytes` and
 * fills in the CRC (bytes 4 to 7) over `offset + 8` up to the returned offset.
 */
export function writeRecord(
  target: Buffer,
  offset: number,
  entry: Entry,
  receivedAt: Millis,
  sequence: number,
): number {
  let at = offset + FRAME_HEADER_BYTES
  target[at++] = recordKinds.indexOf(entry.kind)
  target[at++] = entry.flags
  at = target.writeDoubleLE(receivedAt, at)
  const clientBytes = target.write(entry.client, at + 1)
  target[at] = clientBytes
  at += 1 + clientBytes
  const topicBytes = target.write(entry.topic, at + 2)
  target.writeUInt16LE(topicBytes, at)
  at += 2 + topicBytes
  target.set(entry.payload, at)
  at += entry.payload.length
  target.writeUInt32LE(at - offset - FRAME_HEADER_BYTES, offset)
  target.writeUInt32LE(0, offset + 4)
  target.writeUInt32LE(sequence >>> 0, offset + 8)
  return at
}

/** Offset behind the frame that starts at `offset`. */
export function frameEnd(chunk: Buffer, offset: number): number {
  return offset + FRAME_HEADER_BYTES + chunk.readUInt32LE(offset)
}

/**
 * Reads the record whose frame starts at `offset`; the frame has been checked before (CRC on disk, or it never left memory).
 * The payload is a view into the chunk, valid as long as the chunk is.
 */
export function readRecord(chunk: Buffer, offset: number): JournalRecord {
  const end = frameEnd(chunk, offset)
  let at = offset + FRAME_HEADER_BYTES
  const kind = recordKinds[chunk[at] ?? -1]
  if (kind === undefined)
    throw new RangeError(`Cannot read a record: expected a kind from 0 to 3, got ${chunk[at]}`)
  const flags = chunk[at + 1] ?? 0
  const receivedAt = chunk.readDoubleLE(at + 2)
  at += 10
  const clientEnd = at + 1 + (chunk[at] ?? 0)
  const topicEnd = clientEnd + 2 + chunk.readUInt16LE(clientEnd)
  const { client, topic } = senders.read(chunk, at, clientEnd, topicEnd)
  return { kind, flags, receivedAt, client, topic, payload: chunk.subarray(topicEnd, end) }
}
