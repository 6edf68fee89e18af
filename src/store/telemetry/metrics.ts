// The metrics of each type in the order of a reading's values, with names that are safe as paths, columns and fields.

import { metricsOf, type DeviceType } from '../../core/device-type.ts'

const TYPE_ID_PATTERN = /^[a-z][a-z0-9-]{0,63}$/
const METRIC_ID_PATTERN = /^[a-z][A-Za-z0-9_]{0,40}$/

export type MetricsByType = ReadonlyMap<string, readonly string[]>

/** Metric ids by type id, in the order of a reading's values. They become paths and SQL, so anything but a plain name throws. */
export function metricsByType(types: readonly DeviceType[]): MetricsByType {
  const byType = new Map<string, readonly string[]>()
  for (const type of types) {
    if (!TYPE_ID_PATTERN.test(type.id))
      throw new RangeError(
        `Cannot store device type "${type.id}": expected an id like ${TYPE_ID_PATTERN}`,
      )
    const metrics = metricsOf(type).map((metric) => metric.id)
    for (const metric of metrics)
      if (!METRIC_ID_PATTERN.test(metric))
        throw new RangeError(
          `Cannot store metric "${metric}" of ${type.id}: expected an id like ${METRIC_ID_PATTERN}`,
        )
    byType.set(type.id, metrics)
  }
  return byType
}
