// Rows of numbers out of one measurement: those of each device in order of time and each moment once, however many series its
// moves from division to division have left, in batches, and never many at once in memory.

import { setImmediate } from 'node:timers/promises'
import type { Millis } from '../../core/position.ts'
import type { SeriesBlock } from './answer.ts'
import { deviceGroups } from './device-groups.ts'
import type { InfluxQl } from './influxql.ts'
import { anyOf, identifier, inSpan, source, storable } from './influxql-text.ts'
import { ROWS_PER_SLICE, readInSlices } from './slices.ts'
import type { Place } from './target.ts'

const BATCH_ROWS = 4_096

/** What "every device of a type" is thought to be before the first answer says more. */
const DEVICES_GUESS = 10_000

export interface DeviceRow {
  readonly device: string
  readonly t: Millis
  /** One for each field asked for, NaN where there is none. */
  readonly numbers: readonly number[]
}

export interface DeviceRowQuery {
  readonly place: Place
  readonly fields: readonly string[]
  /** Null: every device. */
  readonly devices: readonly string[] | null
  readonly from: Millis
  readonly to: Millis
  /** About how far a device's rows lie apart. */
  readonly rhythmMs: number
}

/** A device's rows with no field of those asked for are left out. */
export async function* readDeviceRows(
  influxQl: InfluxQl,
  query: DeviceRowQuery,
): AsyncGenerator<readonly DeviceRow[], void, undefined> {
  const from = storable(query.from)
  const to = storable(query.to)
  for (const devices of query.devices === null ? [null] : deviceGroups(query.devices)) {
    const firstMs = (query.rhythmMs * ROWS_PER_SLICE) / (devices?.length ?? DEVICES_GUESS)
    yield* readInSlices({ from, to, firstMs }, (sliceFrom, sliceTo) => {
      const statement = statementFor(query, devices, sliceFrom, sliceTo)
      return batchesOf(influxQl.select(statement), query.fields)
    })
  }
}

function statementFor(
  { place, fields }: DeviceRowQuery,
  devices: readonly string[] | null,
  from: Millis,
  to: Millis,
): string {
  const chosen = devices === null ? '' : ` AND ${anyOf('device', devices)}`
  const columns = [...new Set(fields)].map(identifier).join(', ')
  return `SELECT ${columns} FROM ${source(place)} WHERE ${inSpan(from, to)}${chosen} GROUP BY "device"`
}

async function* batchesOf(
  blocks: AsyncIterable<SeriesBlock>,
  fields: readonly string[],
): AsyncGenerator<readonly DeviceRow[], void, undefined> {
  let batch: Row[] = []
  let last: Row | null = null
  for await (const block of blocks)
    for (const row of rowsOf(block, fields)) {
      if (last !== null && row.device === last.device && row.t === last.t) {
        merge(last.numbers, row.numbers)
        continue
      }
      if (last !== null) batch.push(last)
      last = row
      if (batch.length < BATCH_ROWS) continue
      yield batch
      batch = []
      // Pieces that have come already follow each other without a turn of the loop.
      await setImmediate()
    }
  if (last !== null) batch.push(last)
  if (batch.length > 0) yield batch
}

interface Row {
  readonly device: string
  readonly t: Millis
  readonly numbers: number[]
}

function merge(into: number[], from: readonly number[]): void {
  for (const [index, value] of from.entries()) if (!Number.isNaN(value)) into[index] = value
}

/** 1.x and 2.x give the group's tags beside the rows, 3 as one more column. */
function* rowsOf(
  { tags, columns, values }: SeriesBlock,
  fields: readonly string[],
): Generator<Row, void, undefined> {
  const time = columns.indexOf('time')
  const places = fields.map((field) => columns.indexOf(field))
  const deviceColumn = columns.indexOf('device')
  for (const row of values) {
    const device = tags['device'] ?? row[deviceColumn]
    const t = row[time]
    if (typeof device !== 'string' || device === '' || typeof t !== 'number') continue
    const numbers = places.map((place) => {
      const value = row[place]
      // A field of ours that a stranger has filled with text or truth values has no number.
      return typeof value === 'number' ? value : Number.NaN
    })
    yield { device, t, numbers }
  }
}
