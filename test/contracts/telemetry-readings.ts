// Device types and readings that the telemetry suites and the stores' own tests share.

import { metricsOf, type DeviceType } from '../../src/core/device-type.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import { positionAt } from '../../src/core/position.ts'
import type { RowQuery, SeriesQuery } from '../../src/ports.ts'

/** Noon of a plain day, UTC. */
export const NOON = Date.UTC(2026, 10, 1, 12)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

const text = (id: string) => ({ zh: id, en: id })

function kindOf(metric: string): 'boolean' | 'counter' | 'number' {
  if (metric.endsWith('_on')) return 'boolean'
  return metric.endsWith('_total') ? 'counter' : 'number'
}

/** Metrics whose name ends in `_on` are booleans, in `_total` counters. */
export function typeWith(id: string, metrics: readonly string[]): DeviceType {
  return {
    id,
    name: text(id),
    component: '0000',
    department: 'test',
    reportSeconds: 60,
    metrics: metrics.map((metric) => ({
      id: metric,
      name: text(metric),
      unit: '1',
      kind: kindOf(metric),
      min: -1e6,
      max: 1e6,
      precision: 2,
    })),
    rules: [],
  }
}

export const lamp = typeWith('streetlight', ['power', 'lamp_on'])
export const cover = typeWith('manhole-cover', ['tilt'])
export const meter = typeWith('well-meter', ['volume_total', 'pressure'])
export const contractTypes: readonly DeviceType[] = [lamp, cover, meter]

/** A reading of lamp L1 unless `more` says otherwise; metrics it does not name are absent. */
export function reading(
  position: number,
  ts: number,
  metrics: Readonly<Record<string, number>>,
  more: Partial<Reading> = {},
): Reading {
  const type = contractTypes.find((one) => one.id === (more.type ?? lamp.id)) ?? lamp
  return {
    device: 'L1',
    type: type.id,
    division: '150802',
    ts,
    receivedAt: ts + 100,
    seq: null,
    values: metricsOf(type).map((metric) => metrics[metric.id] ?? Number.NaN),
    simulated: false,
    redriven: false,
    position: positionAt(position),
    ...more,
  }
}

/** The power of L1, all around noon. */
export function powerQuery(more: Partial<SeriesQuery> = {}): SeriesQuery {
  return {
    devices: ['L1'],
    type: lamp.id,
    metric: 'power',
    from: NOON - 40 * DAY,
    to: NOON + 40 * DAY,
    window: 'raw',
    limit: 10_000,
    ...more,
  }
}

/** The power of every lamp, all around noon. */
export function rowQuery(more: Partial<RowQuery> = {}): RowQuery {
  return {
    type: lamp.id,
    metrics: ['power'],
    devices: null,
    from: NOON - 40 * DAY,
    to: NOON + 40 * DAY,
    ...more,
  }
}
