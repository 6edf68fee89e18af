// A CSV of real sensors as messages of the devices that play it: each row is one reading, at its own hour.

import type { DeviceType } from '../src/core/device-type.ts'
import { z } from 'zod'
import type { NewDevice } from './city.ts'
import type { Message } from './device-model.ts'
import { encodeReport, topicOf } from './payload.ts'
import type { RecordingFile } from './scenario-schema.ts'

const COMPASS = [
  'N',
  'NNE',
  'NE',
  'ENE',
  'E',
  'ESE',
  'SE',
  'SSE',
  'S',
  'SSW',
  'SW',
  'WSW',
  'W',
  'WNW',
  'NW',
  'NNW',
]

export interface RecordingOptions {
  readonly csv: string
  readonly mapping: RecordingFile
  readonly devices: readonly NewDevice[]
  readonly types: readonly DeviceType[]
  /** Rows before `start` and from `end` on are left out. */
  readonly start: number
  readonly end: number
}

/** In time order, devices in the order of the fleet within one moment. Throws SyntaxError when the file lacks a mapped column. */
export function recordedMessages(options: RecordingOptions): readonly Message[] {
  const { mapping } = options
  const [head = '', ...rows] = options.csv.split(/\r?\n/).filter((line) => line !== '')
  const columns = head.split(',')
  const indexOf = (name: string): number => {
    const index = columns.indexOf(name)
    if (index < 0)
      throw new SyntaxError(`Cannot read ${mapping.file}: expected a column "${name}", got ${head}`)
    return index
  }
  const calendar = ['year', 'month', 'day', 'hour'].map(indexOf)
  const station = indexOf(mapping.station)
  const mapped = Object.entries(mapping.columns).map(([name, column]) => ({
    index: indexOf(name),
    ...column,
  }))
  const types = new Map(options.types.map((type) => [type.id, type]))
  const order = new Map(options.devices.map((device, index) => [device.id, index]))
  const played = new Map(
    options.devices.flatMap((device) => {
      const type = types.get(device.type)
      return type === undefined ? [] : [[device.id, { device, type }] as const]
    }),
  )

  const sequences = new Map<string, number>()
  const messages: Message[] = []
  for (const row of rows) {
    const cells = row.split(',')
    const player = played.get(mapping.devices[cells[station] ?? ''] ?? '')
    if (player === undefined) continue
    const [year, month, day, hour] = calendar.map((index) => (cells[index] ?? '').padStart(2, '0'))
    const at = Date.parse(`${year}-${month}-${day}T${hour}:00:00${mapping.offset}`)
    if (Number.isNaN(at))
      throw new SyntaxError(
        `Cannot read ${mapping.file}: expected a date and an hour, got "${row}"`,
      )
    if (at < options.start || at >= options.end) continue
    const metrics: Record<string, number> = {}
    for (const { index, metric, as } of mapped) {
      const value =
        as === 'compass' ? compassDegrees(cells[index] ?? '') : measured(cells[index] ?? '')
      if (value !== null) metrics[metric] = value
    }
    if (Object.keys(metrics).length === 0) continue
    const seq = (sequences.get(player.device.id) ?? 0) + 1
    sequences.set(player.device.id, seq)
    messages.push({
      at,
      client: player.device.id,
      topic: topicOf(player.device, 'up'),
      payload: encodeReport({ ts: at, seq, metrics, rssi: null }, player.type),
    })
  }
  return messages.sort(
    (a, b) => a.at - b.at || (order.get(a.client) ?? 0) - (order.get(b.client) ?? 0),
  )
}

/** Null where the station has no value: a missing number is left out, never made up. */
function measured(cell: string): number | null {
  return cell === '' || cell === 'NA' || Number.isNaN(Number(cell)) ? null : Number(cell)
}

function compassDegrees(cell: string): number | null {
  const point = COMPASS.indexOf(cell)
  return point < 0 ? null : point * 22.5
}

const payloadSchema = z.object({ m: z.record(z.string(), z.union([z.number(), z.boolean()])) })

/** Looks up what a recording holds for a device's metric at a moment. */
export function recordedValues(
  messages: readonly Message[],
): (device: string, metric: string, at: number) => number | null {
  const payloads = new Map(
    messages.map((message) => [`${message.client} ${message.at}`, message.payload]),
  )
  return (device, metric, at) => {
    const payload = payloads.get(`${device} ${at}`)
    if (payload === undefined) return null
    const value = payloadSchema.parse(JSON.parse(payload)).m[metric]
    return value === undefined ? null : Number(value)
  }
}
