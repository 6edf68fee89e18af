// A raw reading checked against its type: the good metrics become numbers in the type's order, the bad ones one refusal that names
// them all. A time outside the window refuses the whole reading.

import type { CompiledType } from '../compiled-type.ts'
import { shortened } from './detail.ts'
import type { Metric } from '../device-type.ts'
import type { Millis } from '../position.ts'
import type { QuarantineCode, RawReading, Refusal } from './reading.ts'

const BACK_MAX_MS = 7 * 24 * 3_600_000
const AHEAD_MAX_MS = 10 * 60_000
const NAME_SHOWN_MAX = 40

export interface Validated {
  /** Null when nothing good is left. */
  readonly values: readonly number[] | null
  readonly ts: Millis
  /** What is wrong with the reading or a part of it. */
  readonly refusal: Refusal | null
  /** Some value lies outside what is physically possible. */
  readonly isImpossible: boolean
}

export function validateReading(
  raw: RawReading,
  type: CompiledType,
  receivedAt: Millis,
): Validated {
  const ts = raw.ts ?? receivedAt
  const wrongTime = timeProblem(ts, receivedAt)
  if (wrongTime !== null) return { values: null, ts, refusal: wrongTime, isImpossible: false }

  const values = type.blank.slice()
  let isEmpty = true
  let isImpossible = false
  let code: QuarantineCode | null = null
  let problems: string[] | null = null
  for (const id in raw.metrics) {
    const value = raw.metrics[id]
    const index = type.indexOf.get(id)
    const metric = index === undefined ? undefined : type.metrics[index]
    if (index !== undefined && metric !== undefined) {
      const number = numberOf(metric, value)
      if (number >= metric.min && number <= metric.max) {
        // No -0: it would be another value to a comparison of bytes, and the same to every person.
        values[index] = number + 0
        isEmpty = false
        continue
      }
    }
    const problem = problemOf(id, metric, value)
    code ??= problem.code
    if (problem.code === 'out_of_range') isImpossible = true
    problems ??= []
    problems.push(problem.detail)
  }
  if (code !== null && problems !== null)
    return {
      values: isEmpty ? null : values,
      ts,
      refusal: { code, detail: shortened(problems.join('; ')) },
      isImpossible,
    }
  if (isEmpty)
    return {
      values: null,
      ts,
      refusal: { code: 'empty', detail: 'expected metrics in "m", got none' },
      isImpossible,
    }
  return { values, ts, refusal: null, isImpossible }
}

function timeProblem(ts: Millis, receivedAt: Millis): Refusal | null {
  if (ts < receivedAt - BACK_MAX_MS)
    return {
      code: 'too_old',
      detail: `expected a time at most 7 days before ${iso(receivedAt)}, got ${iso(ts)}`,
    }
  if (ts > receivedAt + AHEAD_MAX_MS)
    return {
      code: 'in_future',
      detail: `expected a time at most 10 minutes after ${iso(receivedAt)}, got ${iso(ts)}`,
    }
  return null
}

/** NaN when the value is not of the metric's kind. */
function numberOf(metric: Metric, value: unknown): number {
  if (metric.kind === 'boolean') return typeof value === 'boolean' ? Number(value) : Number.NaN
  if (typeof value !== 'number') return Number.NaN
  return metric.kind === 'integer' && !Number.isInteger(value) ? Number.NaN : value
}

function problemOf(id: string, metric: Metric | undefined, value: unknown): Refusal {
  const name = id.length > NAME_SHOWN_MAX ? `${id.slice(0, NAME_SHOWN_MAX)}…` : id
  if (metric === undefined)
    return { code: 'unknown_metric', detail: `${name}: not a metric of this type` }
  if (Number.isNaN(numberOf(metric, value)) || !Number.isFinite(Number(value)))
    return {
      code: 'wrong_type',
      detail: `${name}: expected ${expectationOf(metric)}, got ${shown(value)}`,
    }
  return {
    code: 'out_of_range',
    detail: `${name}: expected ${metric.min} to ${metric.max} ${metric.unitLabel ?? metric.unit}, got ${shown(value)}`,
  }
}

function expectationOf(metric: Metric): string {
  if (metric.kind === 'boolean') return 'true or false'
  return metric.kind === 'integer' ? 'a whole number' : 'a finite number'
}

function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object'
}

function iso(at: Millis): string {
  return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : String(at)
}
