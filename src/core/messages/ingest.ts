// The straight path of a device message: format, device, decoder, codec, validation, engine. Everything that is refused leaves as a
// quarantine effect with its reason; nothing throws. Decoders live outside the core, so the caller hands them in.

import type { Device } from '../registry/device.ts'
import type { EffectSink } from '../effect.ts'
import { readForeign } from './ingest-foreign.ts'
import type { FragmentBox } from './ingest-foreign.ts'
import type { Counts, Message } from './message.ts'
import { isPosition } from '../position.ts'
import type { Decode } from './reading.ts'
import type { PayloadFormat } from './record.ts'
import { createRefusals } from './refusals.ts'
import { takeReading } from './take-reading.ts'
import type { Judge, Path } from './take-reading.ts'
import { parseTopic } from './topic.ts'

export type Decoders = Partial<Record<PayloadFormat, Decode>>

const REDRIVE_HEADER_BYTES = 16
const NOTHING: Counts = { items: 0, accepted: 0, quarantined: 0 }

export function ingest(
  message: Message,
  judge: Judge,
  decoders: Decoders,
  fragments: FragmentBox,
  emit: EffectSink,
): Counts {
  let { payload, receivedAt } = message
  const refusals = createRefusals(message, emit)

  if (message.redriven) {
    if (payload.length < REDRIVE_HEADER_BYTES)
      return refusals.refuseAll({
        code: 'damaged_record',
        detail: `expected at least ${REDRIVE_HEADER_BYTES} bytes in a redriven record, got ${payload.length}`,
      })
    const head = new DataView(payload.buffer, payload.byteOffset, REDRIVE_HEADER_BYTES)
    receivedAt = head.getFloat64(0, true)
    const origin = head.getFloat64(8, true)
    payload = payload.subarray(REDRIVE_HEADER_BYTES)
    if (!Number.isFinite(receivedAt) || !isPosition(origin))
      return refusals.refuseAll({
        code: 'damaged_record',
        detail: 'expected the first receive time and position in a redriven record',
      })
    // What is refused again gets an item of its own.
    emit({ kind: 'quarantine_left', origin })
    refusals.readAgain(payload, receivedAt)
  }

  const { format } = message
  const decode = format === null ? undefined : decoders[format]
  if (format === null || decode === undefined)
    return refusals.refuseAll({
      code: 'unsupported',
      detail: 'expected a payload format of this version',
    })
  const context: Path = { message, judge, refusals, emit, payload, receivedAt }
  return format === 'canonical'
    ? readCanonical(context, decode)
    : readForeign(context, format, decode, fragments)
}

function readCanonical(path: Path, decode: Decode): Counts {
  const { message, judge, refusals, emit, payload, receivedAt } = path
  let device: Device | undefined
  if (!message.http) {
    const topic = parseTopic(message.topic)
    if (topic === null)
      return refusals.refuseAll({
        code: 'wrong_topic',
        detail: `expected city/v1/{division}/{type}/{device}/{up|status|ack}, got "${message.topic.slice(0, 200)}"`,
      })
    refusals.device = topic.device
    device = judge.device(topic.device)
    if (device === undefined)
      return refusals.refuseAll({ code: 'unknown_device', detail: `no device "${topic.device}"` })
    if (topic.type !== device.type || topic.division !== device.division)
      return refusals.refuseAll({
        code: 'wrong_topic',
        detail: `expected ${device.division}/${device.type} for device "${device.id}", got ${topic.division}/${topic.type}`,
      })
    if (topic.channel === 'ack') return NOTHING
    if (topic.channel === 'status') {
      const state = presenceOf(payload)
      if (state === null)
        return refusals.refuseAll({
          code: 'wrong_shape',
          detail: 'expected {"state":"online"} or {"state":"offline"}',
        })
      judge.presence(topic.device, state, message.receivedAt, message.position, emit)
      return NOTHING
    }
  }

  const decoded = decode(payload, { topic: message.topic, receivedAt })
  if (decoded.kind === 'refused') return refusals.refuseAll(decoded.refusal)
  if (device === undefined) {
    refusals.device = decoded.device
    if (decoded.device === null)
      return refusals.refuseAll({ code: 'wrong_shape', detail: 'expected "device" in the payload' })
    device = judge.device(decoded.device)
    if (device === undefined)
      return refusals.refuseAll({ code: 'unknown_device', detail: `no device "${decoded.device}"` })
  }
  for (const refusal of decoded.refused) refusals.refuse(refusal)
  const isLive = decoded.readings.length === 1 && !message.redriven
  let accepted = 0
  for (const raw of decoded.readings) if (takeReading(path, device, raw, isLive)) accepted++
  return refusals.counts(accepted)
}

const presence = /^\s*\{\s*"state"\s*:\s*"(online|offline)"\s*[,}]/
const STATUS_BYTES_MAX = 1024

/** Clients write the will themselves, always in this form; what else stands in it is theirs. */
function presenceOf(payload: Uint8Array): 'online' | 'offline' | null {
  if (payload.length > STATUS_BYTES_MAX) return null
  const state = presence.exec(String.fromCharCode(...payload))?.[1]
  return state === 'online' || state === 'offline' ? state : null
}
