// What a query is about: its type and the metrics it asks for, in its order.

import { metricsOf, type DeviceType, type Metric } from '../../core/device-type.ts'
import type { RowQuery } from '../../ports.ts'

export interface Found {
  readonly type: DeviceType
  readonly metrics: readonly Metric[]
}

/** The returned function throws RangeError for an unknown type or metric. */
export function createTypeLookup(
  types: readonly DeviceType[],
): (query: Pick<RowQuery, 'type' | 'metrics'>) => Found {
  const byId = new Map(types.map((type) => [type.id, { type, metrics: metricsOf(type) }] as const))

  return (query) => {
    const known = byId.get(query.type)
    if (known === undefined)
      throw new RangeError(`Cannot use InfluxDB: expected a known device type, got "${query.type}"`)
    if (query.metrics === null) return known
    const metrics = query.metrics.map((id) => {
      const metric = known.metrics.find((one) => one.id === id)
      if (metric === undefined)
        throw new RangeError(
          `Cannot read from InfluxDB: expected a metric of type "${query.type}", got "${id}"`,
        )
      return metric
    })
    return { type: known.type, metrics }
  }
}
