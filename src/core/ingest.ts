// The straight path of a device message: topic, device, decoder, validation, engine. Everything that is refused leaves as a
// quarantine effect with its reason; nothing throws. Decoders live outside the core, so the caller hands one in.

import type { EffectSink } from './effect.ts'
import type { Engine } from './engine.ts'
import { formatPosition } from './position.ts'
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

const REDRIVE_HEADER_BYTES = 8
const NOTHING: Counts = { items: 0, accepted: 0, quarantined: 0 }

export function ingest(
  message: Message,
  engine: Pick<Engine, 'device' | 'typeOf' | 'read' | 'presence'>,
  decode: (payload: Uint8Array) => Decoded,
  emit: EffectSink,
): Counts {
  let { payload, receivedAt } = message
  let deviceId: string | null = null
  let accepted = 0
  let quarantined = 0
  let kept: Uint8Array | null = null

  function refuse(refusal: Refusal): void {
    // The payload is a view into a buffer that is used again; all refusals of one message share one copy.
    kept ??= new Uint8Array(payload)
    emit({
      kind: 'quarantine',
      item: {
        ...refusal,
        id: `${formatPosition(message.position)}.${quarantined}`,
        position: message.position,
        at: message.receivedAt,
        client: message.client,
        topic: message.topic,
        device: deviceId,
        payload: kept,
        http: message.http,
        simulated: message.simulated,
      },
    })
    quarantined++
  }

  function done(): Counts {
    return { items: accepted + quarantined, accepted, quarantined }
  }

  function refused(code: Refusal['code'], detail: string): Counts {
    refuse({ code, detail })
    return done()
  }

  if (message.redriven) {
    if (payload.length < REDRIVE_HEADER_BYTES)
      return refused(
        'damaged_record',
        `expected at least ${REDRIVE_HEADER_BYTES} bytes in a redriven record, got ${payload.length}`,
      )
    receivedAt = new DataView(payload.buffer, payload.byteOffset).getFloat64(0, true)
    payload = payload.subarray(REDRIVE_HEADER_BYTES)
    if (!Number.isFinite(receivedAt))
      return refused('damaged_record', 'expected the first receive time in a redriven record')
  }

  let topicDevice: string | null = null
  if (!message.http) {
    const topic = parseTopic(message.topic)
    if (topic === null)
      return refused(
        'wrong_topic',
        `expected city/v1/{division}/{type}/{device}/{up|status|ack}, got "${message.topic.slice(0, 200)}"`,
      )
    deviceId = topicDevice = topic.device
    const device = engine.device(topic.device)
    if (device === undefined) return refused('unknown_device', `no device "${topic.device}"`)
    if (topic.type !== device.type || topic.division !== device.division)
      return refused(
        'wrong_topic',
        `expected ${device.division}/${device.type} for device "${device.id}", got ${topic.division}/${topic.type}`,
      )
    if (topic.channel === 'ack') return NOTHING
    if (topic.channel === 'status') {
      const state = presenceOf(payload)
      if (state === null)
        return refused('wrong_shape', 'expected {"state":"online"} or {"state":"offline"}')
      engine.presence(topic.device, state, message.receivedAt, message.position, emit)
      return NOTHING
    }
  }

  const decoded = decode(payload)
  if (decoded.kind === 'refused') {
    refuse(decoded.refusal)
    return done()
  }
  const id = topicDevice ?? decoded.device
  deviceId = id
  if (id === null) return refused('wrong_shape', 'expected "device" in the payload')
  const device = engine.device(id)
  const type = engine.typeOf(id)
  if (device === undefined || type === undefined)
    return refused('unknown_device', `no device "${id}"`)
  for (const refusal of decoded.refused) refuse(refusal)
  for (const raw of decoded.readings) {
    const { values, ts, refusals } = validateReading(raw, type, receivedAt)
    for (const refusal of refusals) refuse(refusal)
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
  return done()
}

const presence = /^\s*\{\s*"state"\s*:\s*"(online|offline)"\s*[,}]/
const STATUS_BYTES_MAX = 1024

/** Clients write the will themselves, always in this form; what else stands in it is theirs. */
function presenceOf(payload: Uint8Array): 'online' | 'offline' | null {
  if (payload.length > STATUS_BYTES_MAX) return null
  const state = presence.exec(String.fromCharCode(...payload))?.[1]
  return state === 'online' || state === 'offline' ? state : null
}
