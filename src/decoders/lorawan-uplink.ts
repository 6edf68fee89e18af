// What LoRaWAN servers have in common: an uplink is the device's own bytes, perhaps names that the server's codec made of them, and
// what the gateways heard. The names stay as the server's codec wrote them (its `battery` may be percent or volts: the device's codec
// knows).

import type { Decoded, RawReading, Refusal } from '../core/messages/reading.ts'
import { bytesOfBase64 } from './base64.ts'
import type { DeviceTime } from './device-time.ts'
import { METRICS_MAX } from './json-payload.ts'
import { fieldsOf, isFields, isObject, kindOf } from './json-values.ts'
import { refusal, understood } from './refusal.ts'

export interface Uplink {
  readonly device: string
  readonly ts: DeviceTime
  readonly frameCount: unknown
  /** Field name and value of the vendor's bytes in Base64. */
  readonly data: readonly [string, unknown]
  /** Field name and value of the object that the server's codec made. */
  readonly names: readonly [string, unknown]
  /** One entry for each gateway that heard it, with `rssi` and `snr`. */
  readonly gateways: unknown
  /** Percent, where the device told the network in this frame. */
  readonly battery?: number
}

/** A bad time refuses the uplink; bad bytes or bad names refuse that part and keep the other. */
export function readUplink(uplink: Uplink): Decoded {
  const { device, ts, battery } = uplink
  if (isObject(ts)) return { kind: 'readings', device, readings: [], refused: [ts] }
  const problems: Refusal[] = []
  const bytes = bytesIn(uplink.data, problems)
  const metrics = {
    ...(battery === undefined ? {} : { battery_pct: battery }),
    ...radioOf(uplink.gateways),
    ...namesIn(uplink.names, problems),
  }
  const count = Object.keys(metrics).length
  if (count > METRICS_MAX)
    problems.push(refusal('wrong_shape', `expected at most ${METRICS_MAX} metrics, got ${count}`))
  if (problems.length > 0 && bytes === null && !isFields(uplink.names[1]))
    return { kind: 'readings', device, readings: [], refused: problems }
  if (count > METRICS_MAX) return { kind: 'readings', device, readings: [], refused: problems }
  // A frame without a payload carries network commands only.
  if (count === 0 && bytes === null) return understood(device)
  const reading: RawReading = {
    ts,
    seq: seqOf(uplink.frameCount),
    metrics,
    ...(bytes === null ? {} : { bytes }),
  }
  return { kind: 'readings', device, readings: [reading], refused: problems }
}

function bytesIn([field, value]: Uplink['data'], problems: Refusal[]): Uint8Array | null {
  if (value === undefined || value === null || value === '') return null
  const bytes = typeof value === 'string' ? bytesOfBase64(value) : null
  if (bytes === null)
    problems.push(refusal('wrong_shape', `${field}: expected Base64, got ${kindOf(value)}`))
  return bytes
}

function namesIn(
  [field, value]: Uplink['names'],
  problems: Refusal[],
): Readonly<Record<string, unknown>> {
  if (value !== undefined && value !== null && !isFields(value))
    problems.push(refusal('wrong_shape', `${field}: expected an object, got ${kindOf(value)}`))
  return fieldsOf(value)
}

/** Of the gateway that heard it loudest; of two alike, of the clearer one. */
function radioOf(gateways: unknown): { rssi?: number; snr?: number } {
  let best: { rssi: number; snr: number | null } | null = null
  for (const entry of Array.isArray(gateways) ? gateways : []) {
    const { rssi, snr } = fieldsOf(entry)
    if (typeof rssi !== 'number') continue
    const heard = { rssi, snr: typeof snr === 'number' ? snr : null }
    const isBetter =
      best === null ||
      heard.rssi > best.rssi ||
      (heard.rssi === best.rssi && (heard.snr ?? -Infinity) > (best.snr ?? -Infinity))
    if (isBetter) best = heard
  }
  if (best === null) return {}
  return best.snr === null ? { rssi: best.rssi } : { rssi: best.rssi, snr: best.snr }
}

function seqOf(frameCount: unknown): number | null {
  return typeof frameCount === 'number' && Number.isSafeInteger(frameCount) && frameCount >= 0
    ? frameCount
    : null
}
