// A device type made ready for the hot path: metric names to indexes, rules to detectors. Made once per engine.

import { metricsOf } from './device-type.ts'
import type { DeviceType, Metric } from './device-type.ts'
import type { Detector } from './detectors/detector.ts'
import { createDetector } from './detectors/index.ts'
import type { LocalTime } from './time/local-time.ts'

export interface CompiledType {
  readonly type: DeviceType
  readonly metrics: readonly Metric[]
  readonly indexOf: ReadonlyMap<string, number>
  /** A reading's values before anything is known: all NaN. */
  readonly blank: readonly number[]
  /** One per rule, in the type's order. */
  readonly detectors: readonly Detector[]
  /** Indexes of the detectors that want every fresh reading, samples, clocks, and good and bad ranges. */
  readonly hearing: readonly number[]
  readonly sampling: readonly number[]
  readonly timing: readonly number[]
  readonly ranging: readonly number[]
}

/** Throws RangeError when a rule names a metric that the type does not have. */
export function compileType(type: DeviceType, localTime: LocalTime): CompiledType {
  const metrics = metricsOf(type)
  const indexOf = new Map(metrics.map((metric, index) => [metric.id, index]))
  const detectors = type.rules.map((rule) => createDetector({ rule, metrics, indexOf, localTime }))
  const wanting = (what: 'heard' | 'sample' | 'clock' | 'range'): number[] =>
    detectors.flatMap((detector, index) => (detector[what] === undefined ? [] : [index]))
  return {
    type,
    metrics,
    indexOf,
    blank: metrics.map(() => Number.NaN),
    detectors,
    hearing: wanting('heard'),
    sampling: wanting('sample'),
    timing: wanting('clock'),
    ranging: wanting('range'),
  }
}
