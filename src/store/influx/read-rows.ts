// Raw readings out of an InfluxDB, as the store's port gives them.

import type { DeviceType } from '../../core/device-type.ts'
import type { ReadingRow, RowQuery } from '../../ports.ts'
import { readDeviceRows, type DeviceRow } from './device-rows.ts'
import type { InfluxQl } from './influxql.ts'
import { SIMULATED_FIELD } from './line-protocol.ts'
import type { Target } from './target.ts'
import { createTypeLookup } from './type-lookup.ts'

export interface RowReadOptions {
  readonly influxQl: InfluxQl
  readonly target: Target
  readonly types: readonly DeviceType[]
}

export interface RowReads {
  /** Readings that have none of the metrics are left out. Throws RangeError for an unknown type or metric. */
  readings(query: RowQuery): AsyncIterable<readonly ReadingRow[]>
}

export function createRowReads({ influxQl, target, types }: RowReadOptions): RowReads {
  const find = createTypeLookup(types)

  async function* readings(
    query: RowQuery,
  ): AsyncGenerator<readonly ReadingRow[], void, undefined> {
    const { type, metrics } = find(query)
    const batches = readDeviceRows(influxQl, {
      place: target.measurement('raw', query.type),
      fields: [...metrics.map(({ id }) => id), SIMULATED_FIELD],
      devices: query.devices,
      from: query.from,
      to: query.to,
      rhythmMs: type.reportSeconds * 1000,
    })
    for await (const rows of batches) {
      const found = rows.map(readingOf).filter(hasValue)
      if (found.length > 0) yield found
    }
  }

  return { readings }
}

function readingOf({ device, t, numbers }: DeviceRow): ReadingRow {
  return { device, ts: t, simulated: numbers.at(-1) === 1, values: numbers.slice(0, -1) }
}

function hasValue(row: ReadingRow): boolean {
  return row.values.some((value) => !Number.isNaN(value))
}
