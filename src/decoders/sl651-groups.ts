// The groups of an SL 651 report, one behind the other: an identifier, a byte that says how long and how precise, the data. A reading
// begins with each time of observation. What cannot be measured off ends the report, as all behind it would be guessed.

import type { RawReading, Refusal } from '../core/messages/reading.ts'
import { bcdDigits, hexOf } from './bcd.ts'
import { sl651Time } from './sl651-time.ts'
import { readSl651Value } from './sl651-value.ts'

interface Sl651Origin {
  readonly device: string
  readonly sentAt: number
}

interface Groups {
  readonly readings: readonly RawReading[]
  readonly refused: readonly Refusal[]
}

const OBSERVED_AT = 0xf0
const STATION = 0xf1
const TIME_STEP = 0x04
const EXTENDED = 0xff
/** Rain of twelve times five minutes, then eight water levels of the same: binary, one and two bytes each. */
const RAIN_OF_HOUR = 0xf4
const LAST_LEVEL_OF_HOUR = 0xfc
const DATA = 0xf6
const PARTS_OF_HOUR = 12
const FIVE_MINUTES_MS = 300_000
/** Manual settings and pictures come with marks that say nothing of their length. */
const unmeasured: ReadonlySet<number> = new Set([0xf2, 0xf3, DATA])
const SERIES_MAX = 300
const MINUTE_MS = 60_000

export function readSl651Groups(bytes: Uint8Array, origin: Sl651Origin): Groups {
  const byTime = new Map<string, { ts: number; device: string; metrics: Map<string, number> }>()
  const missing: string[] = []
  const wrong: string[] = []
  let { device, sentAt: observedAt } = origin
  let stepMs = 0
  let at = 0
  const stopped: Refusal[] = []

  function put(name: string, value: number | 'missing' | 'wrong', ts: number): void {
    if (value === 'missing') missing.push(name)
    else if (value === 'wrong') wrong.push(name)
    else {
      const key = `${ts} ${device}`
      const reading = byTime.get(key) ?? { ts, device, metrics: new Map<string, number>() }
      reading.metrics.set(name, value)
      byTime.set(key, reading)
    }
  }

  function end(code: Refusal['code'], detail: string): void {
    stopped.push({ code, detail })
    at = bytes.length
  }

  while (at < bytes.length) {
    const groupAt = at
    const id = bytes[at++] ?? 0
    if (unmeasured.has(id)) {
      end('unsupported', `element ${hexOf(Uint8Array.of(id))} at byte ${groupAt} is not taken in`)
      continue
    }
    const isExtended = id === EXTENDED
    const name = isExtended ? hexOf(bytes.subarray(groupAt, ++at)) : hexOf(Uint8Array.of(id))
    const definition = bytes[at++]
    if (definition === undefined) {
      end('wrong_shape', `element ${name}: expected its length, got the end of the body`)
      continue
    }
    const isMark = id === OBSERVED_AT || id === STATION
    const length = isMark ? 5 : definition >> 3
    const content = bytes.subarray(at, at + length)
    at += length
    if (length === 0 || content.length < length) {
      end('wrong_shape', `element ${name}: expected ${length} bytes, got ${content.length}`)
      continue
    }

    if (id === OBSERVED_AT) {
      observedAt = sl651Time(content)
      if (Number.isNaN(observedAt))
        end('bad_timestamp', `time of observation: expected yyMMddHHmm, got ${hexOf(content)}`)
    } else if (id === STATION) {
      device = bcdDigits(content) ?? device
      // The station's class is one byte more.
      if (bytes[at] !== OBSERVED_AT) at++
    } else if (id === TIME_STEP) {
      stepMs = stepOf(content)
      if (Number.isNaN(stepMs))
        end('wrong_shape', `time step: expected ddHHmm, got ${hexOf(content)}`)
    } else if (!isExtended && id >= RAIN_OF_HOUR && id <= LAST_LEVEL_OF_HOUR)
      putHour(name, content, id === RAIN_OF_HOUR)
    else if (stepMs > 0) {
      at -= length
      putSeries(name, definition)
    } else put(name, readSl651Value(name, content, definition & 7), observedAt)
  }

  function putHour(name: string, content: Uint8Array, isRain: boolean): void {
    const size = isRain ? 1 : 2
    if (content.length !== PARTS_OF_HOUR * size) {
      end(
        'wrong_shape',
        `element ${name}: expected ${PARTS_OF_HOUR * size} bytes, got ${content.length}`,
      )
      return
    }
    for (let part = 0; part < PARTS_OF_HOUR; part++) {
      const raw = Number(`0x${hexOf(content.subarray(part * size, (part + 1) * size))}`)
      const value = raw === (isRain ? 0xff : 0xffff) ? 'missing' : raw / (isRain ? 10 : 100)
      put(name, value, observedAt + part * FIVE_MINUTES_MS)
    }
  }

  /** One element at even intervals from the time of observation to the end of the body. */
  function putSeries(name: string, definition: number): void {
    const size = definition >> 3
    const rest = bytes.length - at
    const count = rest / size
    const lastAt = observedAt + (count - 1) * stepMs
    if (!Number.isInteger(count) || count > SERIES_MAX || lastAt > origin.sentAt + stepMs) {
      end(
        'unsupported',
        `element ${name}: expected values of ${size} bytes up to the time of sending, got ${rest} bytes`,
      )
      return
    }
    for (let index = 0; index < count; index++, at += size)
      put(
        name,
        readSl651Value(name, bytes.subarray(at, at + size), definition & 7),
        observedAt + index * stepMs,
      )
  }

  const refused: Refusal[] = []
  if (missing.length > 0)
    refused.push({ code: 'bad_quality', detail: `no value measured: ${listed(missing)}` })
  if (wrong.length > 0)
    refused.push({ code: 'wrong_type', detail: `expected digits in ${listed(wrong)}` })
  refused.push(...stopped)
  return {
    readings: [...byTime.values()].map(({ ts, device, metrics }) => ({
      ts,
      seq: null,
      metrics: Object.fromEntries(metrics),
      device,
    })),
    refused,
  }
}

/** ddHHmm; 0 where hourly groups follow, each with a step of its own. */
function stepOf(content: Uint8Array): number {
  const digits = content.length === 3 ? bcdDigits(content) : null
  if (digits === null) return Number.NaN
  const days = Number(digits.slice(0, 2))
  const hours = Number(digits.slice(2, 4))
  return ((days * 24 + hours) * 60 + Number(digits.slice(4))) * MINUTE_MS
}

function listed(names: readonly string[]): string {
  return [...new Set(names)].slice(0, 40).join(', ')
}
