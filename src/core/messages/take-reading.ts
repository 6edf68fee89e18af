// The last stretch, the same for every format: a reading is checked against its device's type and handed to the engine.

import type { Device } from '../registry/device.ts'
import type { EffectSink } from '../effect.ts'
import type { Engine } from '../engine.ts'
import type { Message } from './message.ts'
import type { Millis } from '../position.ts'
import type { RawReading } from './reading.ts'
import type { Refusals } from './refusals.ts'
import { validateReading } from './validate.ts'

/** What a message meets on its way: the registry of its time, and what takes the readings. */
export type Judge = Pick<
  Engine,
  'device' | 'find' | 'typeOf' | 'read' | 'presence' | 'clockSeen' | 'rangeSeen'
>

/** One message on its way. */
export interface Path {
  readonly message: Message
  readonly judge: Judge
  readonly refusals: Refusals
  readonly emit: EffectSink
  readonly payload: Uint8Array
  /** When it came first, also when it was taken from quarantine since. */
  readonly receivedAt: Millis
}

/** Checks one reading against its type and hands it on; true when something good was in it. */
export function takeReading(path: Path, device: Device, raw: RawReading, isLive: boolean): boolean {
  const { message, judge, refusals, emit, receivedAt } = path
  const type = judge.typeOf(device.id)
  if (type === undefined) {
    refusals.refuse({ code: 'unknown_device', detail: `no device "${device.id}"` })
    return false
  }
  const { values, ts, refusal, isImpossible } = validateReading(raw, type, receivedAt)
  if (isLive && raw.ts !== null)
    judge.clockSeen(device.id, receivedAt - raw.ts, message.position, emit)
  if (refusal !== null) refusals.refuse(refusal)
  if (isImpossible && isLive) judge.rangeSeen(device.id, true, message.position, emit)
  if (values === null) return false
  judge.read(
    {
      device: device.id,
      type: device.type,
      division: device.division,
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
  if (!isImpossible && isLive) judge.rangeSeen(device.id, false, message.position, emit)
  return true
}
