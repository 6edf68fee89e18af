// Devices, their latest values and their series, as the pages know them.

import { isRecord, list, millisOrNull, numberOrNull, record, textOr, textOrNull } from './json.ts'

export interface Device {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly division: string
  readonly street: string | null
  readonly parent: string | null
  readonly department: string | null
  readonly maintainer: string | null
  readonly componentCode: string | null
  readonly lat: number | null
  readonly lon: number | null
  readonly presence: string | null
  readonly lastSeenAt: number | null
  readonly simulated: boolean
}

export interface Latest {
  readonly device: string
  readonly ts: number
  readonly receivedAt: number
  readonly simulated: boolean
  readonly values: Readonly<Record<string, { readonly value: number; readonly ts: number }>>
}

/** One point of a series; a window of several readings has its spread, a raw reading has none. */
export interface Point {
  readonly t: number
  readonly v: number
  readonly min: number | null
  readonly max: number | null
}

export function readDevice(value: unknown): Device | null {
  if (!isRecord(value)) return null
  const id = textOrNull(value['id'])
  if (id === null) return null
  return {
    id,
    type: textOr(value['type'], ''),
    name: textOr(value['name'], id),
    division: textOr(value['division'], ''),
    street: textOrNull(value['street']),
    parent: textOrNull(value['parent']),
    department: textOrNull(value['department']),
    maintainer: textOrNull(value['maintainer']),
    componentCode: textOrNull(value['componentCode']),
    lat: numberOrNull(value['lat']),
    lon: numberOrNull(value['lon']),
    presence: textOrNull(value['presence']),
    lastSeenAt: millisOrNull(value['lastSeenAt']),
    simulated: value['simulated'] === true,
  }
}

export function readLatest(value: unknown): Latest | null {
  if (!isRecord(value)) return null
  const device = textOrNull(value['device'])
  const ts = millisOrNull(value['ts'])
  if (device === null || ts === null) return null
  const values: Record<string, { value: number; ts: number }> = {}
  for (const [metric, entry] of Object.entries(record(value['values']))) {
    const fields = record(entry)
    const number = numberOrNull(fields['value'])
    if (number !== null) values[metric] = { value: number, ts: millisOrNull(fields['ts']) ?? ts }
  }
  return {
    device,
    ts,
    receivedAt: millisOrNull(value['receivedAt']) ?? ts,
    simulated: value['simulated'] === true,
    values,
  }
}

/** Oldest first; points without a time or a number are left out. */
export function readPoints(value: unknown): readonly Point[] {
  const points: Point[] = []
  for (const entry of list(record(value)['points'])) {
    const fields = record(entry)
    const t = millisOrNull(fields['t'])
    const v = numberOrNull(fields['v']) ?? numberOrNull(fields['mean'])
    if (t !== null && v !== null)
      points.push({ t, v, min: numberOrNull(fields['min']), max: numberOrNull(fields['max']) })
  }
  return points.sort((a, b) => a.t - b.t)
}
