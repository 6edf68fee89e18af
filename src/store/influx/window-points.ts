// Windows in an InfluxDB: read as the store's port gives them, and the lines that put them in the place of those kept before.

import type { DeviceType, Metric } from '../../core/device-type.ts'
import type { RollupLevel, RowQuery, WindowRow } from '../../ports.ts'
import { readDeviceRows, type DeviceRow } from './device-rows.ts'
import { createDivisions } from './divisions.ts'
import type { InfluxQl } from './influxql.ts'
import { createKeptWindows, type KeptWindow } from './kept-windows.ts'
import { floatText, seriesPrefix, SIMULATED_FIELD } from './line-protocol.ts'
import type { Target } from './target.ts'
import { createTypeLookup } from './type-lookup.ts'
import { countField, fieldsOf, summaryIn, textOf } from './window-fields.ts'

/** How far windows lie apart, and a day with a clock change. */
const LENGTH_MS: Readonly<Record<RollupLevel, number>> = {
  '1m': 60_000,
  '1h': 3_600_000,
  '1d': 90_000_000,
}

export interface WindowPointOptions {
  readonly influxQl: InfluxQl
  readonly target: Target
  readonly types: readonly DeviceType[]
  /** The division of the device's newest reading as the writer knows it, null when it does not. */
  readonly divisionOf?: (type: string, device: string) => string | null
}

export interface WindowLine {
  readonly window: WindowRow
  readonly line: string
}

export interface WindowPoints {
  /** Throws RangeError for an unknown type or metric. */
  windows(level: RollupLevel, query: RowQuery): AsyncIterable<readonly WindowRow[]>
  /**
   * Lines for the level's measurement of the type. A window that no line can say has none: its device has no readings here either, as
   * those could not be said. Asks the server, so it throws `TelemetryUnavailable`; RangeError for an unknown type.
   */
  lines(
    level: RollupLevel,
    type: string,
    windows: readonly WindowRow[],
  ): Promise<readonly WindowLine[]>
}

export function createWindowPoints(options: WindowPointOptions): WindowPoints {
  const { influxQl, target, types, divisionOf = () => null } = options
  const find = createTypeLookup(types)
  const kept = createKeptWindows(influxQl, target)
  const divisions = createDivisions(influxQl, target, divisionOf)

  async function* windows(
    level: RollupLevel,
    query: RowQuery,
  ): AsyncGenerator<readonly WindowRow[], void, undefined> {
    const { metrics } = find(query)
    const batches = readDeviceRows(influxQl, {
      place: target.measurement(level, query.type),
      fields: [...metrics.flatMap(fieldsOf), SIMULATED_FIELD],
      devices: query.devices,
      from: query.from,
      to: query.to,
      rhythmMs: LENGTH_MS[level],
    })
    for await (const rows of batches) {
      const found = rows
        .map((row) => windowOf(row, metrics))
        .filter(({ summaries }) => summaries.some((summary) => summary !== null))
      if (found.length > 0) yield found
    }
  }

  async function lines(
    level: RollupLevel,
    type: string,
    windows: readonly WindowRow[],
  ): Promise<readonly WindowLine[]> {
    const { metrics } = find({ type, metrics: null })
    if (windows.length === 0) return []
    const before = await kept.find(level, type, metrics, windows)
    const alone = windows.filter((window) => before(window) === undefined)
    await learnDivisions(level, type, alone)
    const { measurement } = target.measurement(level, type)
    return windows.flatMap((window) => {
      const place = before(window)
      const division = place?.division ?? divisions.of(type, window.device)
      const prefix = seriesPrefix(measurement, window.device, division)
      const fields = fieldText(window, metrics, place)
      if (prefix === null || fields === '') return []
      return [{ window, line: `${prefix}${fields} ${window.start}` }]
    })
  }

  async function learnDivisions(
    level: RollupLevel,
    type: string,
    windows: readonly WindowRow[],
  ): Promise<void> {
    if (windows.length === 0) return
    const starts = windows.map(({ start }) => start)
    const from = starts.reduce((a, b) => Math.min(a, b))
    const to = starts.reduce((a, b) => Math.max(a, b)) + LENGTH_MS[level]
    const devices = windows.map(({ device }) => device)
    await divisions.learn(type, devices, from, to)
  }

  return { windows, lines }
}

function windowOf({ device, t, numbers }: DeviceRow, metrics: readonly Metric[]): WindowRow {
  const summaries: WindowRow['summaries'][number][] = []
  let at = 0
  for (const metric of metrics) {
    summaries.push(summaryIn(metric, numbers, at))
    at += fieldsOf(metric).length
  }
  return { device, start: t, simulated: numbers.at(-1) === 1, summaries }
}

/** What the window says, and what has to be said so that nothing of the one before is left. */
function fieldText(
  window: WindowRow,
  metrics: readonly Metric[],
  before: KeptWindow | undefined,
): string {
  const fields: string[] = []
  for (const [index, metric] of metrics.entries()) {
    const summary = window.summaries[index] ?? null
    const text = summary === null ? null : textOf(metric, summary)
    if (text !== null) fields.push(text)
    else if (before?.metrics.has(metric.id) === true)
      fields.push(`${countField(metric)}=${floatText(0)}`)
  }
  if (window.simulated || before?.simulated === true)
    fields.push(`${SIMULATED_FIELD}=${window.simulated ? 1 : 0}`)
  return fields.join(',')
}
