// The canonical payload of one report, and what damage can make of it.

import type { DeviceType, Metric } from '../src/core/device-type.ts'
import type { Millis } from '../src/core/position.ts'
import type { NewDevice } from './city.ts'
import type { Metrics } from './physics/moment.ts'
import type { RandomStream } from './random.ts'

const LOCAL_OFFSET_MS = 8 * 3_600_000

export interface Report {
  readonly ts: Millis
  readonly seq: number
  readonly metrics: Metrics
  readonly rssi: number | null
}

export function topicOf(device: NewDevice, leaf: 'up' | 'status'): string {
  return `city/v1/${device.division}/${device.type}/${device.id}/${leaf}`
}

/** Canonical JSON; metrics are rounded to the digits that mean something, so equal readings are equal bytes. */
export function encodeReport(report: Report, type: DeviceType): string {
  const byId = new Map(type.metrics.map((metric) => [metric.id, metric]))
  const metrics: Record<string, number | boolean> = {}
  let battery: number | null = null
  for (const [id, value] of Object.entries(report.metrics)) {
    if (id === 'battery_pct') battery = Math.round(Number(value))
    else metrics[id] = rounded(value, byId.get(id))
  }
  return JSON.stringify({
    v: 1,
    ts: localIso(report.ts),
    seq: report.seq,
    m: metrics,
    ...(battery === null ? {} : { bat: battery }),
    ...(report.rssi === null ? {} : { rssi: report.rssi }),
  })
}

/** ISO 8601 in the city's own time, as its devices write it. */
export function localIso(at: Millis): string {
  return new Date(at + LOCAL_OFFSET_MS).toISOString().replace('Z', '+08:00')
}

/** A payload as bad firmware, a bad line or a stranger would send it. */
export function garble(payload: string, random: RandomStream): string {
  return random.pick([
    () => payload.slice(0, random.integer(1, payload.length - 1)),
    () => payload.replace('"m":{', '"m":{"no_such_metric":1,'),
    () => payload.replace(/"ts":"[^"]*"/, '"ts":"yesterday"'),
    () => payload.replace(/"m":\{[^}]*\}/, '"m":[1,2,3]'),
    () => '',
    () => `\u0000\u0001${payload}`,
  ])()
}

function rounded(value: number | boolean, metric: Metric | undefined): number | boolean {
  if (typeof value === 'boolean' || metric === undefined) return value
  const kept = Math.min(metric.max, Math.max(metric.min, value))
  return Number(kept.toFixed(metric.precision))
}
