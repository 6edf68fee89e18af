// A message in another network's format: its payload says which devices it speaks of, by id or alias; a codec of the device's type
// turns its names into metrics. An integration account speaks only for the devices that name it.

import { leavesOut, translate } from './codec.ts'
import type { Device } from '../registry/device.ts'
import type { EffectSink } from '../effect.ts'
import type { Counts, Message } from './message.ts'
import type { Decode, RawReading, Refusal } from './reading.ts'
import { INTEGRATION_MARK } from './record.ts'
import type { PayloadFormat } from './record.ts'
import { takeReading } from './take-reading.ts'
import type { Path } from './take-reading.ts'

/** Beginnings of frames whose ends come with a later message of the same stream. */
export interface FragmentBox {
  /** What waits for this message, put before its payload. */
  join(message: Message): Uint8Array
  /** Lets the beginning of a frame wait for the next message. */
  keep(message: Message, rest: Uint8Array, emit: EffectSink): void
}

export function readForeign(
  path: Path,
  format: PayloadFormat,
  decode: Decode,
  fragments: FragmentBox,
): Counts {
  const { message, judge, refusals, emit, receivedAt } = path
  const payload = message.redriven || message.http ? path.payload : fragments.join(message)
  refusals.readAs(payload)
  const decoded = decode(payload, { topic: message.topic, receivedAt })
  if (decoded.kind === 'refused') return refusals.refuseAll(decoded.refusal)
  if (!message.redriven) for (const reply of decoded.replies ?? []) emit({ kind: 'reply', reply })

  const found = new Map<string, Device | null>()
  const { device: subject, deviceAlso = [] } = decoded
  /** The networks know some devices under several names, and write hexadecimal ones now small, now in capitals. */
  function lookUp(name: string): Device | undefined {
    for (const one of namesFor(name)) {
      const device = judge.find(one) ?? judge.find(one.toUpperCase())
      if (device !== undefined) return device
    }
    return undefined
  }

  function namesFor(name: string): readonly string[] {
    return name === subject ? [name, ...deviceAlso] : [name]
  }

  /** Whom what is refused from here on speaks of; no door has known whether that is a simulated device. */
  function speakOf(device: Device | undefined, name: string | null = null): void {
    refusals.device = device?.id ?? name
    refusals.simulated = message.simulated || device?.simulated === true
  }

  function deviceNamed(name: string): Device | null {
    const known = found.get(name)
    if (known !== undefined) return known
    const device = lookUp(name)
    const refusal =
      device === undefined ? unknownDevice(namesFor(name)) : foreignProblem(device, message.client)
    if (refusal !== null) {
      speakOf(device, name)
      refusals.refuse(refusal)
    }
    const usable = device === undefined || refusal !== null ? null : device
    found.set(name, usable)
    return usable
  }

  for (const refusal of decoded.refused) {
    const { device: named, names, ...what } = refusal
    const name = named ?? decoded.device
    const device = name === null ? undefined : lookUp(name)
    if (device !== undefined && names !== undefined && isLeftOut(device, names)) continue
    speakOf(device, name)
    refusals.refuse(what)
  }
  const isLive = decoded.readings.length === 1 && !message.redriven
  let accepted = 0
  for (const raw of decoded.readings) {
    const name = raw.device ?? decoded.device
    if (name === null) {
      speakOf(undefined)
      refusals.refuse({ code: 'wrong_shape', detail: 'expected a device, got none' })
    } else {
      const device = deviceNamed(name)
      if (device !== null && readOne(device, raw)) accepted++
    }
  }
  if (decoded.rest !== undefined && decoded.rest.length > 0) {
    if (message.redriven || message.http) {
      speakOf(undefined)
      refusals.refuse({ code: 'broken_frame', detail: 'expected the end of the frame, got none' })
    } else fragments.keep(message, decoded.rest, emit)
  }
  return refusals.counts(accepted)

  function isLeftOut(device: Device, names: readonly string[]): boolean {
    const type = judge.typeOf(device.id)
    const codec = device.codec ?? null
    return type !== undefined && names.every((name) => leavesOut(type, codec, format, name))
  }

  function readOne(device: Device, raw: RawReading): boolean {
    const type = judge.typeOf(device.id)
    if (type === undefined) return false
    speakOf(device)
    const translated = translate(raw, type, device.codec ?? null, format)
    if ('refusal' in translated) {
      refusals.refuse(translated.refusal)
      return false
    }
    const { reading } = translated
    return reading !== null && takeReading(path, device, reading, isLive && raw.isBacklog !== true)
  }
}

function unknownDevice(names: readonly string[]): Refusal {
  const quoted = names.map((name) => `"${name}"`).join(' or ')
  return {
    code: 'unknown_device',
    detail: `no device with the id or alias ${quoted}`.slice(0, 300),
  }
}

function foreignProblem(device: Device, client: string): Refusal | null {
  if (!client.startsWith(INTEGRATION_MARK)) return null
  const account = client.slice(INTEGRATION_MARK.length)
  if (device.integration === account) return null
  return {
    code: 'foreign_device',
    detail: `expected "integration" of device "${device.id}" to be "${account}", got ${
      device.integration === null || device.integration === undefined
        ? 'none'
        : `"${device.integration}"`
    }`,
  }
}
