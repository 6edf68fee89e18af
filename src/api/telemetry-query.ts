// What questions about telemetry have in common: type and metric, span, window and width; and what their answers have in common.

import { z } from 'zod'
import { metricsOf, type DeviceType, type Metric } from '../core/device-type.ts'
import type { Millis } from '../core/position.ts'
import { telemetryWindows } from '../ports.ts'
import { ApiError } from './errors.ts'
import { shortText } from './lists.ts'
import type { ApiParts } from './parts.ts'
import { moment, type Times } from './times.ts'

const DAY_MS = 86_400_000
const WIDTH_DEFAULT = 600
const WIDTH_MAX = 10_000

export const windowSchema = z.enum(telemetryWindows)
export const wantedWindow = z.enum([...telemetryWindows, 'auto'])
export type WantedWindow = z.output<typeof wantedWindow>

export const metricText = shortText.describe(
  'Id of a metric of the type; the answer says its unit (UCUM)',
)

export const spanQuery = {
  from: moment.optional().describe('Inclusive; 24 hours before `to` unless said'),
  to: moment.optional().describe('Exclusive; now unless said'),
} as const

export const widthQuery = {
  width: z
    .string()
    .regex(/^\d{1,6}$/, `expected a whole number from 1 to ${WIDTH_MAX}`)
    .transform(Number)
    .refine(
      (width) => width >= 1 && width <= WIDTH_MAX,
      `expected a whole number from 1 to ${WIDTH_MAX}`,
    )
    .default(WIDTH_DEFAULT)
    .describe('Points that a series may have when the window is `auto`: pixels of a chart'),
} as const

export const rawPointSchema = z.object({
  t: z.number().describe('Epoch milliseconds'),
  v: z.number().describe('In `unit`'),
})

/** Windows and groups have it in common. */
export const spanMsField = {
  spanMs: z
    .number()
    .optional()
    .describe(
      'Milliseconds from `t` that the point is about, only where that is longer than `window`: what was asked for is no longer kept, and the next coarser level speaks for it',
    ),
} as const

export const windowPointSchema = z.object({
  t: z.number().describe('Start of the window, epoch milliseconds'),
  count: z.number().describe('Readings in it'),
  min: z.number().describe('Least value in it, in `unit`'),
  max: z.number().describe('Greatest value in it, in `unit`'),
  mean: z.number().describe('Of its values, in `unit`'),
  last: z.number().describe('Value at the greatest event time, in `unit`'),
  increase: z
    .number()
    .optional()
    .describe('Counters only: what went through since the reading before the window, in `unit`'),
  ...spanMsField,
})

export const pointSchema = z.union([rawPointSchema, windowPointSchema])

export const metricFields = {
  metric: z.string(),
  unit: z.string().describe('UCUM code; `1` for pure numbers and for booleans, stored as 0 and 1'),
  unitLabel: z.string().optional().describe('How people read the unit, where the code is odd'),
} as const

export function metricView({ id, unit, unitLabel }: Metric): {
  metric: string
  unit: string
  unitLabel?: string
} {
  return { metric: id, unit, ...(unitLabel === undefined ? {} : { unitLabel }) }
}

export function typeNamed(types: readonly DeviceType[], id: string): DeviceType {
  const type = types.find((one) => one.id === id)
  if (type !== undefined) return type
  throw new ApiError('invalid_request', `Expected the id of a device type, got "${id}"`, {
    errors: [{ field: 'type', reason: `expected one of ${types.map((one) => one.id).join(', ')}` }],
  })
}

export function metricNamed(type: DeviceType, id: string, field = 'metric'): Metric {
  const metrics = metricsOf(type)
  const metric = metrics.find((one) => one.id === id)
  if (metric !== undefined) return metric
  const known = metrics.map((one) => one.id).join(', ')
  throw new ApiError('invalid_request', `Type ${type.id} has no metric "${id}"`, {
    errors: [{ field, reason: `expected one of ${known}` }],
  })
}

export interface QuerySpan {
  readonly from: Millis
  readonly to: Millis
}

/** The last 24 hours unless said otherwise; what was measured this very moment counts. */
export function spanOf(
  query: { readonly from?: Millis | undefined; readonly to?: Millis | undefined },
  { clock }: Pick<ApiParts, 'clock'>,
  times: Times,
): QuerySpan {
  const to = query.to ?? clock.now() + 1
  const from = query.from ?? to - DAY_MS
  if (from < to) return { from, to }
  throw new ApiError('invalid_request', 'Expected "from" before "to"', {
    errors: [{ field: 'from', reason: `expected a moment before ${times.iso(to)}` }],
  })
}

/** Asks the reader; what it cannot make sense of is the caller's mistake. */
export async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (error) {
    if (error instanceof RangeError) throw new ApiError('invalid_request', error.message)
    throw error
  }
}
