// The product's own payload: JSON with one reading or a batch. Finds out what was said and checks its shape; names, ranges and the
// age of readings are the engine's affair. Never throws: every payload decodes or is refused with a reason.

import type { Decoded, QuarantineCode, RawReading, Refusal } from '../core/reading.ts'
import { decodeShape } from './canonical-shape.ts'
import { parseTimestamp } from './timestamp.ts'

const PAYLOAD_BYTES_MAX = 64 * 1024
const READINGS_MAX = 500
const METRICS_MAX = 200
const DEPTH_MAX = 8

type Fields = Readonly<Record<string, unknown>>
const utf8 = new TextDecoder('utf-8', { fatal: true })
const NONE_REFUSED: readonly Refusal[] = []

export function decodeCanonical(payload: Uint8Array): Decoded {
  if (payload.length > PAYLOAD_BYTES_MAX)
    return refused(
      'too_large',
      `expected at most ${PAYLOAD_BYTES_MAX} bytes, got ${payload.length}`,
    )
  const reading = decodeShape(payload)
  return reading === null
    ? decodeAnyShape(payload)
    : { kind: 'readings', device: null, readings: [reading], refused: NONE_REFUSED }
}

/** What every payload means, with JSON.parse; `decodeShape` only says the same sooner. */
export function decodeAnyShape(payload: Uint8Array): Decoded {
  let root: unknown
  try {
    root = JSON.parse(utf8.decode(payload))
  } catch (error) {
    return refused('not_json', `expected JSON in UTF-8: ${messageOf(error)}`)
  }
  if (!isFields(root)) return refused('wrong_shape', `expected an object, got ${kindOf(root)}`)
  const forbidden = structureProblem(root)
  if (forbidden !== null) return refused('wrong_shape', forbidden)
  if ('v' in root && root['v'] !== 1)
    return refused('wrong_shape', `v: expected 1, got ${shown(root['v'])}`)
  const device = root['device']
  if (device !== undefined && (typeof device !== 'string' || device.length > 64))
    return refused('wrong_shape', `device: expected a device id, got ${shown(device)}`)
  const list = root['r']
  if (list !== undefined) return batch(root, list, device ?? null)

  const reading = readingOf(root)
  return 'code' in reading
    ? { kind: 'refused', refusal: reading }
    : { kind: 'readings', device: device ?? null, readings: [reading], refused: NONE_REFUSED }
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

/**
 * What no part of the payload may have: keys that reach into an object's prototype, and depth. The root is depth 1. Walks with a
 * list of its own, so that depth costs no stack.
 */
function structureProblem(root: Fields): string | null {
  const open: { value: object; depth: number }[] = [{ value: root, depth: 1 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    if (depth > DEPTH_MAX) return `expected at most ${DEPTH_MAX} levels`
    if (Array.isArray(value)) {
      for (const item of value) if (isObject(item)) open.push({ value: item, depth: depth + 1 })
      continue
    }
    for (const [key, item] of Object.entries(value)) {
      if (key === '__proto__' || key === 'constructor' || key === 'prototype')
        return `expected no key "${key}"`
      if (isObject(item)) open.push({ value: item, depth: depth + 1 })
    }
  }
  return null
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isFields(value: unknown): value is Fields {
  return isObject(value) && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function refusal(code: QuarantineCode, detail: string): Refusal {
  return { code, detail: detail.length > 300 ? `${detail.slice(0, 299)}…` : detail }
}

function refused(code: QuarantineCode, detail: string): Decoded {
  return { kind: 'refused', refusal: refusal(code, detail) }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : typeof value
}

function shown(value: unknown): string {
  return isObject(value) ? kindOf(value) : JSON.stringify(value).slice(0, 80)
}

/** The parser's words without the payload's text, which may hold anything. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [cause] = message.split(/, "|, \.\.\./)
  return (cause ?? '').replace(/[^\u0020-\u007e]/g, '?').slice(0, 120)
}
