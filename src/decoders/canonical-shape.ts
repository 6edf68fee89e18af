// The one shape that nearly every message has, read straight from its bytes: flat, plain names, plain numbers. Whatever deviates
// is null, never refused here: JSON.parse in `canonical.ts` decides about it, so this can only be faster, not different.

import type { RawReading } from '../core/messages/reading.ts'
import { nextByte, readNumber, readScalar, skip } from './json-scan.ts'
import type { Scan } from './json-scan.ts'
import { createKnownNames } from './known-names.ts'
import { readPlainTime } from './plain-time.ts'
import { parseTimestamp } from './timestamp.ts'

const METRICS_MAX = 200
const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d

type Scalar = number | boolean

const known = createKnownNames()

export function decodeShape(bytes: Uint8Array): RawReading | null {
  const scan: Scan = { bytes, at: 0 }
  let ts: number | null = null
  let seq: number | null = null
  let battery: Scalar | null = null
  let rssi: Scalar | null = null
  let hasVersion = false
  let names: string[] | null = null
  const values: Scalar[] = []
  if (!skip(scan, OPEN)) return null
  do {
    // Each key once: of two, the last would count.
    switch (readKey(scan)) {
      case 'v':
        if (hasVersion || readNumber(scan) !== 1) return null
        hasVersion = true
        break
      case 'ts':
        if (ts !== null) return null
        ts = readTime(scan)
        if (ts === null) return null
        break
      case 'seq':
        if (seq !== null) return null
        seq = readNumber(scan)
        if (!Number.isSafeInteger(seq) || seq < 0) return null
        break
      case 'bat':
        if (battery !== null) return null
        battery = readScalar(scan)
        if (battery === null) return null
        break
      case 'rssi':
        if (rssi !== null) return null
        rssi = readScalar(scan)
        if (rssi === null) return null
        break
      case 'm':
        if (names !== null) return null
        names = readMetrics(scan, values)
        if (names === null) return null
        break
      case null:
      default:
        return null
    }
  } while (skip(scan, COMMA))
  if (!skip(scan, CLOSE)) return null
  nextByte(scan)
  if (scan.at !== bytes.length) return null

  // In the order in which `canonical.ts` puts them: refusals name metrics in this order.
  const metrics: Record<string, Scalar> = {}
  if (battery !== null) metrics['battery_pct'] = battery
  if (rssi !== null) metrics['rssi'] = rssi
  if (names !== null)
    for (let n = 0; n < names.length; n++) metrics[names[n] ?? ''] = values[n] ?? false
  else if (battery === null && rssi === null) return null
  return { ts, seq, metrics }
}

/** A plain name in quotes and its colon. */
function readKey(scan: Scan): string | null {
  if (!skip(scan, QUOTE)) return null
  const name = known.read(scan.bytes, scan.at)
  if (name === null) return null
  scan.at += name.length + 1
  return skip(scan, COLON) ? name : null
}

/** The names, and their values in `values`. An empty `m` is null too. */
function readMetrics(scan: Scan, values: Scalar[]): string[] | null {
  if (!skip(scan, OPEN)) return null
  const names: string[] = []
  do {
    const name = readKey(scan)
    if (name === null || names.length === METRICS_MAX - 2) return null
    const value = readScalar(scan)
    if (value === null) return null
    names.push(name)
    values.push(value)
  } while (skip(scan, COMMA))
  return skip(scan, CLOSE) ? names : null
}

function readTime(scan: Scan): number | null {
  const time = nextByte(scan) === QUOTE ? readPlainTime(scan) : readNumber(scan)
  const ts = parseTimestamp(time)
  return typeof ts === 'number' ? ts : null
}
