// Telemetry in memory: for simulations, back-tests and tests. Same contract as the stores on disk, gone when the process ends.

import type { DeviceType } from '../../core/device-type.ts'
import { BEFORE_FIRST, type Position } from '../../core/position.ts'
import type { Reading } from '../../core/messages/reading.ts'
import type { Point, TelemetryReader, TelemetryStore } from '../../ports.ts'
import { checkQuery, checkReadings } from '../telemetry/check.ts'
import { createWindowFold } from '../telemetry/fold-windows.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { createLocalWindows } from '../telemetry/local-windows.ts'
import { createMemorySeries, createSeenTimes, type MemorySeries } from './memory-series.ts'

export interface MemoryTelemetryOptions {
  readonly types: readonly DeviceType[]
  readonly timeZone: string
  /**
   * False: only count. Then each device's newest 1,024 times are remembered: a repetition of one of these is a duplicate, an older
   * time counts as stored, `revised` stays 0 and every series is empty. Default true: everything is kept.
   */
  readonly keep?: boolean
}

export function createMemoryTelemetry(
  options: MemoryTelemetryOptions,
): TelemetryStore & TelemetryReader {
  const metricsOfType = metricsByType(options.types)
  const windowAt = createLocalWindows(options.timeZone)
  const keep = options.keep ?? true
  /** By type, then device. */
  const series = new Map<string, Map<string, MemorySeries>>()
  for (const type of metricsOfType.keys()) series.set(type, new Map())
  let applied: Position = BEFORE_FIRST
  let stored = 0
  let duplicate = 0
  let revised = 0

  function seriesOf(reading: Reading): MemorySeries {
    const devices = series.get(reading.type)
    let one = devices?.get(reading.device)
    if (one === undefined) {
      one = keep ? createMemorySeries(reading.values.length) : createSeenTimes()
      devices?.set(reading.device, one)
    }
    return one
  }

  return {
    async write(readings, through) {
      checkReadings(readings, through, metricsOfType)
      for (const reading of readings) {
        if (reading.position <= applied) continue
        const outcome = seriesOf(reading).put(Math.floor(reading.ts), reading.values)
        if (outcome === 'new') stored++
        else duplicate++
        if (outcome === 'revised') revised++
      }
      if (through > applied) applied = through
    },
    async sync() {},
    counts: () => ({ stored, duplicate, revised }),
    async series(query) {
      const metric = checkQuery(query, metricsOfType)
      const one = series.get(query.type)?.get(query.device)
      if (one === undefined) return []
      if (query.window === 'raw') {
        const points: Point[] = []
        for (const point of one.values(metric, query.from, query.to)) {
          points.push(point)
          if (points.length === query.limit) break
        }
        return points
      }
      const fold = createWindowFold(windowAt, query.window, query.limit)
      for (const { t, v } of one.values(metric, query.from, query.to))
        if (!fold.add({ t, count: 1, min: v, max: v, sum: v, last: v })) break
      return fold.points()
    },
    async close() {},
  }
}
