// The product's own payload: JSON with one reading or a batch. Finds out what was said and checks its shape; names, ranges and the
// age of readings are the engine's affair. Never throws: every payload decodes or is refused with a reason.

import type { Decoded, RawReading, Refusal } from '../core/messages/reading.ts'
import { decodeShape } from './canonical-shape.ts'
import { METRICS_MAX, READINGS_MAX, parseFields, sizeProblem } from './json-payload.ts'
import { isFields, kindOf, shown } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { refusal, refused } from './refusal.ts'
import { parseTimestamp } from './timestamp.ts'

const NONE_REFUSED: readonly Refusal[] = []

export function decodeCanonical(payload: Uint8Array): Decoded {
  const tooLarge = sizeProblem(payload)
  if (tooLarge !== null) return { kind: 'refused', refusal: tooLarge }
  const reading = decodeShape(payload)
  return reading === null
    ? decodeAnyShape(payload)
    : { kind: 'readings', device: null, readings: [reading], refused: NONE_REFUSED }
}

/** What every payload means, with JSON.parse; `decodeShape` only says the same sooner. */
export function decodeAnyShape(payload: Uint8Array): Decoded {
  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'refused', refusal: parsed }
  const root = parsed.fields
  const device = root['device']
  if (device !== undefined && (typeof device !== 'string' || device.length > 64))
    return refused('wrong_shape', `device: expected a device id, got ${shown(device)}`)
  const decoded = bodyOf(root, device ?? null)
  // What is refused whole belongs to the device that it names.
  return decoded.kind === 'refused' && device !== undefined
    ? { kind: 'readings', device, readings: [], refused: [decoded.refusal] }
    : decoded
}

function bodyOf(root: Fields, device: string | null): Decoded {
  if ('v' in root && root['v'] !== 1)
    return refused('wrong_shape', `v: expected 1, got ${shown(root['v'])}`)
  const list = root['r']
  if (list !== undefined) return batch(root, list, device)
  const reading = readingOf(root)
  return 'code' in reading
    ? { kind: 'refused', refusal: reading }
    : { kind: 'readings', device, readings: [reading], refused: NONE_REFUSED }
}

function batch(root: Fields, list: unknown, device: string | null): Decoded {
  if (!Array.isArray(list)) return refused('wrong_shape', `r: expected a list, got ${kindOf(list)}`)
  if ('m' in root) return refused('wrong_shape', 'expected either "m" or "r", got both')
  if (list.length === 0) return refused('empty', 'r: expected readings, got an empty list')
  if (list.length > READINGS_MAX)
    return refused(
      'too_many_readings',
      `r: expected at most ${READINGS_MAX} readings, got ${list.length}`,
    )
  const readings: RawReading[] = []
  const refusals: Refusal[] = []
  list.forEach((item: unknown, index) => {
    const reading = isFields(item)
      ? readingOf(item)
      : refusal('wrong_shape', `expected an object, got ${kindOf(item)}`)
    if ('code' in reading) refusals.push(refusal(reading.code, `r[${index}]: ${reading.detail}`))
    else readings.push(reading)
  })
  return { kind: 'readings', device, readings, refused: refusals }
}

function readingOf(fields: Fields): RawReading | Refusal {
  const m = fields['m']
  if (m !== undefined && !isFields(m))
    return refusal('wrong_shape', `m: expected an object, got ${kindOf(m)}`)
  const seq = fields['seq'] ?? null
  if (seq !== null && !isCount(seq))
    return refusal('wrong_shape', `seq: expected a whole number from 0, got ${shown(seq)}`)
  let ts: number | null = null
  if ('ts' in fields) {
    const parsed = parseTimestamp(fields['ts'])
    if (typeof parsed === 'string') return refusal('bad_timestamp', parsed)
    ts = parsed
  }
  const bat = fields['bat']
  const rssi = fields['rssi']
  const metrics = bat === undefined && rssi === undefined ? (m ?? {}) : withRadio(m, bat, rssi)
  let count = 0
  for (const _ in metrics) count++
  if (count === 0) return refusal('empty', 'm: expected metrics, got none')
  if (count > METRICS_MAX)
    return refusal('wrong_shape', `m: expected at most ${METRICS_MAX} metrics, got ${count}`)
  return { ts, seq, metrics }
}

/** `m` itself wins over the short forms. */
function withRadio(m: Fields | undefined, bat: unknown, rssi: unknown): Fields {
  return {
    ...(bat === undefined ? {} : { battery_pct: bat }),
    ...(rssi === undefined ? {} : { rssi }),
    ...m,
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
