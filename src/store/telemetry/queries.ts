// What people ask of telemetry, answered from readings and rollups together: as fast as the rollups allow, and never other than the
// readings say. This file checks the questions; `series`, `groups` and `export-rows` answer them.

import { metricsOf, type DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import type { TelemetryReader } from '../../ports.ts'
import { checkExportQuery, checkGroupQuery, checkSeriesQuery, YEAR_10000_MS } from './check.ts'
import { exportRows } from './export-rows.ts'
import { readGroups } from './groups.ts'
import { createLevelReads, type LevelReadsOptions } from './level-reads.ts'
import { metricsByType } from './metrics.ts'
import { readSeries } from './series.ts'

export interface TelemetryQueriesOptions extends LevelReadsOptions {
  readonly types: readonly DeviceType[]
}

export type TelemetryQueries = Pick<TelemetryReader, 'series' | 'groups' | 'rows'>

export function createTelemetryQueries(options: TelemetryQueriesOptions): TelemetryQueries {
  const metricsOfType = metricsByType(options.types)
  const reads = createLevelReads(options)
  const counters = new Map(
    options.types.map((type) => [
      type.id,
      new Set(
        metricsOf(type)
          .filter((metric) => metric.kind === 'counter')
          .map((metric) => metric.id),
      ),
    ]),
  )
  const isCounter = (type: string, metric: string): boolean =>
    counters.get(type)?.has(metric) === true

  return {
    async series(query) {
      checkSeriesQuery(query, metricsOfType)
      return readSeries(reads, inTime(query), isCounter(query.type, query.metric))
    },
    async groups(query) {
      const devices = checkGroupQuery(query, metricsOfType)
      return readGroups(reads, inTime(query), devices, isCounter(query.type, query.metric))
    },
    rows(query) {
      checkExportQuery(query, metricsOfType)
      return exportRows(
        reads,
        inTime(query),
        query.metrics.map((metric) => isCounter(query.type, metric)),
      )
    },
  }
}

/** The part of the span in which readings can be: years that have four digits. */
function inTime<Query extends { readonly from: Millis; readonly to: Millis }>(query: Query): Query {
  const { from, to } = query
  return { ...query, from: Math.max(0, from), to: Math.min(to, YEAR_10000_MS) }
}
