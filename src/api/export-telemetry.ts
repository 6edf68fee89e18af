// The telemetry dataset: readings or windows of many devices as rows of a file, read only as fast as they are taken.

import { createHmac, randomBytes } from 'node:crypto'
import type { DeviceType, Metric } from '../core/device-type.ts'
import type { Device } from '../core/registry/device.ts'
import type { ExportRow, Point, TelemetryWindow } from '../ports.ts'
import { chosenDevices, type DeviceChoice } from './chosen-devices.ts'
import type { Cell } from './csv-line.ts'
import type { ExportTable } from './export-table.ts'
import type { ApiParts } from './parts.ts'
import { isPersonal } from './personal-data.ts'
import type { QuerySpan } from './telemetry-query.ts'
import type { Times } from './times.ts'

export interface TelemetryExport extends QuerySpan {
  readonly type: DeviceType
  readonly metrics: readonly Metric[]
  readonly choice: DeviceChoice
  readonly window: TelemetryWindow
}

/** Written without a pause: a few milliseconds, in which no device gets its acknowledgement. */
const ROWS_AT_ONCE = 500

type Summary = Exclude<Point, { v: number }>

export function telemetryTable(
  { reader, telemetry }: Pick<ApiParts, 'reader' | 'telemetry'>,
  times: Times,
  question: TelemetryExport,
): ExportTable {
  const { type, metrics, choice, window, from, to } = question
  const ids = metrics.map(({ id }) => id)
  const shownOf = isPersonal(type.id) ? pseudonyms() : (device: Device) => device

  async function* batches() {
    for await (const page of chosenDevices(reader, choice)) {
      const shown = new Map(page.map((device) => [device.id, shownOf(device)]))
      const query = { type: type.id, metrics: ids, from, to, window, devices: [...shown.keys()] }
      for await (const batch of telemetry.rows(query))
        for (let start = 0; start < batch.length; start += ROWS_AT_ONCE)
          yield batch
            .slice(start, start + ROWS_AT_ONCE)
            .filter(hasValue)
            .map((row) => {
              const { id: device = row.device, name = '' } = shown.get(row.device) ?? {}
              return { device, name, row }
            })
    }
  }

  return {
    header: [
      'device',
      'name',
      'time',
      'simulated',
      ...(window === 'raw' ? [] : ['span (s)']),
      ...metrics.flatMap(columnsOf),
    ],
    async *batches(format) {
      for await (const batch of batches())
        yield batch.map(({ device, name, row }) => {
          const time = times.iso(row.t)
          const { simulated } = row
          return format === 'csv'
            ? { cells: [device, name, time, simulated, ...valueCells(row)] }
            : { object: { device, name, time, simulated, values: valuesObject(row) } }
        })
    },
  }

  function columnsOf(metric: Metric): string[] {
    const unit = metric.unitLabel ?? metric.unit
    const inUnit = unit === '1' ? '' : ` (${unit})`
    if (window === 'raw') return [`${metric.id}${inUnit}`]
    return [
      `${metric.id} count`,
      ...summaryFields(metric).map((field) => `${metric.id} ${field}${inUnit}`),
    ]
  }

  function valueCells(row: ExportRow): Cell[] {
    if ('values' in row) return [...row.values]
    const summaries = metrics.flatMap((metric, index): Cell[] => {
      const summary = row.summaries[index] ?? null
      return ['count' as const, ...summaryFields(metric)].map((field) => summary?.[field] ?? null)
    })
    return [spanSeconds(row.summaries), ...summaries]
  }

  function valuesObject(row: ExportRow): Record<string, number | Omit<Summary, 't'> | null> {
    return Object.fromEntries(
      metrics.map((metric, index) => {
        if ('values' in row) {
          const value = row.values[index] ?? Number.NaN
          return [metric.id, Number.isNaN(value) ? null : value]
        }
        const summary = row.summaries[index]
        if (summary === null || summary === undefined) return [metric.id, null]
        const { t: _t, ...fields } = summary
        return [metric.id, fields]
      }),
    )
  }
}

/** The common metrics are on every type and in few readings: a row that has none of those asked for says nothing. */
function hasValue(row: ExportRow): boolean {
  return 'values' in row
    ? row.values.some((value) => !Number.isNaN(value))
    : row.summaries.some((summary) => summary !== null)
}

/** Null where the row is about a window of the length that was asked for. */
function spanSeconds(summaries: readonly (Summary | null)[]): number | null {
  const spans = summaries.flatMap((summary) => summary?.spanMs ?? [])
  return spans.length === 0 ? null : Math.max(...spans) / 1000
}

function summaryFields({
  kind,
}: Metric): readonly Exclude<keyof Summary, 't' | 'count' | 'spanMs'>[] {
  const fields = ['min', 'max', 'mean', 'last'] as const
  return kind === 'counter' ? [...fields, 'increase'] : fields
}

/** Other names for homes: the same within one export, and nobody can tell whose from it or from another export. */
function pseudonyms(): (device: Device) => Pick<Device, 'id' | 'name'> {
  const key = randomBytes(32)
  return ({ id }) => ({
    id: `home-${createHmac('sha256', key).update(id).digest('hex').slice(0, 16)}`,
    name: '',
  })
}
