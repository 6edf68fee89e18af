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
  /** Names under which other networks know it. */
  readonly aliases: readonly string[]
  readonly integration: string | null
  /** How far its clock is behind ours, negative when ahead, and when that was seen; null when it never said a time. */
  readonly clock: { readonly skewMs: number; readonly at: number } | null
  readonly simulated: boolean
}

/** Something the device sent, or tried to, that was not taken. */
export interface DeviceError {
  readonly at: number
  /** `door`: refused before the journal; `pipeline`: in quarantine. */
  readonly source: string
  readonly code: string
  readonly detail: string
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
    aliases: list(value['aliases']).flatMap((alias) => textOrNull(alias) ?? []),
    integration: textOrNull(value['integration']),
    clock: readClock(value['clock']),
    simulated: value['simulated'] === true,
  }
}

function readClock(value: unknown): Device['clock'] {
  const fields = record(value)
  const skewMs = numberOrNull(fields['skewMs'])
  const at = millisOrNull(fields['at'])
  return skewMs === null || at === null ? null : { skewMs, at }
}

export function readDeviceErrors(value: unknown): readonly DeviceError[] {
  return list(record(value)['items']).flatMap((item) => {
    const fields = record(item)
    const at = millisOrNull(fields['at'])
    const code = textOrNull(fields['code'])
    if (at === null || code === null) return []
    return { at, code, source: textOr(fields['source'], ''), detail: textOr(fields['detail'], '') }
  })
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
