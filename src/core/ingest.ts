// The straight path of a device message: topic, device, decoder, validation, engine. Everything that is refused leaves as a
// quarantine effect with its reason; nothing throws. Decoders live outside the core, so the caller hands one in.

import type { Device } from './device.ts'
import type { EffectSink } from './effect.ts'
import type { Engine } from './engine.ts'
import { formatPosition, isPosition } from './position.ts'
import type { Millis, Position } from './position.ts'
import type { Decoded, Refusal } from './reading.ts'
import { parseTopic } from './topic.ts'
import { validateReading } from './validate.ts'

export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
  readonly client: string
  /** Came through the HTTP door: the topic is empty, the payload names its device. */
  readonly http: boolean
  readonly simulated: boolean
  /** Taken from quarantine again: the payload begins with its first receive time (f64, little endian). */
  readonly redriven: boolean
  readonly receivedAt: Millis
  readonly position: Position
}

/** Items of the accounting (invariant I6): a reading that passed, or a refused part. `items` = `accepted` + `quarantined`. */
export interface Counts {
  readonly items: number
  readonly accepted: number
  readonly quarantined: number
}

const REDRIVE_HEADER_BYTES = 16
const NOTHING: Counts = { items: 0, accepted: 0, quarantined: 0 }

export function ingest(
  message: Message,
  engine: Pick<Engine, 'device' | 'typeOf' | 'read' | 'presence'>,
  decode: (payload: Uint8Array) => Decoded,
  emit: EffectSink,
): Counts {
  let { payload, receivedAt } = message
  const refusals: Refusals = {
    message,
    emit,
    device: null,
    payload,
    receivedAt,
    kept: null,
    count: 0,
  }

  if (message.redriven) {
    if (payload.length < REDRIVE_HEADER_BYTES)
      return refused(
        refusals,
        'damaged_record',
        `expected at least ${REDRIVE_HEADER_BYTES} bytes in a redriven record, got ${payload.length}`,
      )
    const head = new DataView(payload.buffer, payload.byteOffset, REDRIVE_HEADER_BYTES)
    receivedAt = head.getFloat64(0, true)
    const origin = head.getFloat64(8, true)
    refusals.payload = payload = payload.subarray(REDRIVE_HEADER_BYTES)
    if (!Number.isFinite(receivedAt) || !isPosition(origin))
      return refused(
        refusals,
        'damaged_record',
        'expected the first receive time and position in a redriven record',
      )
    // What is refused again gets an item of its own.
    emit({ kind: 'quarantine_left', origin })
    refusals.receivedAt = receivedAt
  }

  let device: Device | undefined
  if (!message.http) {
    const topic = parseTopic(message.topic)
    if (topic === null)
      return refused(
        refusals,
        'wrong_topic',
        `expected city/v1/{division}/{type}/{device}/{up|status|ack}, got "${message.topic.slice(0, 200)}"`,
      )
    refusals.device = topic.device
    device = engine.device(topic.device)
    if (device === undefined)
      return refused(refusals, 'unknown_device', `no device "${topic.device}"`)
    if (topic.type !== device.type || topic.division !== device.division)
      return refused(
        refusals,
        'wrong_topic',
        `expected ${device.division}/${device.type} for device "${device.id}", got ${topic.division}/${topic.type}`,
      )
    if (topic.channel === 'ack') return NOTHING
    if (topic.channel === 'status') {
      const state = presenceOf(payload)
      if (state === null)
        return refused(
          refusals,
          'wrong_shape',
          'expected {"state":"online"} or {"state":"offline"}',
        )
      engine.presence(topic.device, state, message.receivedAt, message.position, emit)
      return NOTHING
    }
  }

  const decoded = decode(payload)
  if (decoded.kind === 'refused')
    return refused(refusals, decoded.refusal.code, decoded.refusal.detail)
  if (device === undefined) {
    refusals.device = decoded.device
    if (decoded.device === null)
      return refused(refusals, 'wrong_shape', 'expected "device" in the payload')
    device = engine.device(decoded.device)
    if (device === undefined)
      return refused(refusals, 'unknown_device', `no device "${decoded.device}"`)
  }
  const type = engine.typeOf(device.id)
  if (type === undefined) return refused(refusals, 'unknown_device', `no device "${device.id}"`)
  for (const refusal of decoded.refused) refuse(refusals, refusal)
  let accepted = 0
  for (const raw of decoded.readings) {
    const { values, ts, refusal } = validateReading(raw, type, receivedAt)
    if (refusal !== null) refuse(refusals, refusal)
    if (values === null) continue
    accepted++
    engine.read(
      {
        device: device.id,
        type: device.type,
        ts,
        receivedAt,
        seq: raw.seq,
        values,
        // Once simulated, always simulated: the record's mark and the registry's both count.
        simulated: device.simulated || message.simulated,
        redriven: message.redriven,
        position: message.position,
      },
      emit,
    )
  }
  return { items: accepted + refusals.count, accepted, quarantined: refusals.count }
}

/** What has been refused of one message, and what refusing needs to know. */
interface Refusals {
  readonly message: Message
  readonly emit: EffectSink
  device: string | null
  payload: Uint8Array
  /** When it came first, also when it was taken from quarantine since. */
  receivedAt: Millis
  kept: Uint8Array | null
  count: number
}

function refuse(refusals: Refusals, refusal: Refusal): void {
  const { message, emit, device } = refusals
  // The payload is a view into a buffer that is used again; all refusals of one message share one copy.
  refusals.kept ??= new Uint8Array(refusals.payload)
  emit({
    kind: 'quarantine',
    item: {
      ...refusal,
      id: `${formatPosition(message.position)}.${refusals.count}`,
      position: message.position,
      at: refusals.receivedAt,
      client: message.client,
      topic: message.topic,
      device,
      payload: refusals.kept,
      http: message.http,
      simulated: message.simulated,
    },
  })
  refusals.count++
}

/** The message ends here, as one refused item. */
function refused(refusals: Refusals, code: Refusal['code'], detail: string): Counts {
  refuse(refusals, { code, detail })
  return { items: 1, accepted: 0, quarantined: 1 }
}

const presence = /^\s*\{\s*"state"\s*:\s*"(online|offline)"\s*[,}]/
const STATUS_BYTES_MAX = 1024

/** Clients write the will themselves, always in this form; what else stands in it is theirs. */
function presenceOf(payload: Uint8Array): 'online' | 'offline' | null {
  if (payload.length > STATUS_BYTES_MAX) return null
  const state = presence.exec(String.fromCharCode(...payload))?.[1]
  return state === 'online' || state === 'offline' ? state : null
}
