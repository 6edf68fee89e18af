// Conditions of a rule compiled to functions of a sample: three-valued, so that a reading which does not say enough neither confirms
// nor clears. Each leaf that is true leaves its value behind for the alert.

import { createRollingMean } from '../rolling-mean.ts'
import type { DeviceState, Slot } from '../device-state.ts'
import type { Metric } from '../device-type.ts'
import type { LocalTime } from '../local-time.ts'
import type { Condition, Limit, Operand, Rule } from '../rule.ts'
import type { Leaf, Sample } from './detector.ts'

export interface RuleContext {
  readonly rule: Rule
  readonly metrics: readonly Metric[]
  readonly indexOf: ReadonlyMap<string, number>
  readonly localTime: LocalTime
}

export const TRUE = 1
export const FALSE = 0
/** This reading does not say. */
const UNKNOWN = -1
/** The device has never said: as good as not fitted. */
const ABSENT = -2
type Truth = typeof TRUE | typeof FALSE | typeof UNKNOWN | typeof ABSENT

type Evaluate = (
  sample: Sample,
  state: DeviceState,
  slot: Slot,
  deadband: number,
  found: Found,
) => Truth

/** The leaf that made the condition true: the first number that did, else the first boolean. */
export interface Found {
  leaf: number
  value: number
  limit: number
}

export interface CompiledCondition {
  readonly evaluate: Evaluate
  readonly leaves: readonly Leaf[]
  readonly limits: readonly (Limit | null)[]
  /** Indexes of the metrics that it reads. */
  readonly reads: readonly number[]
  readonly meansCount: number
}

/** Throws RangeError on an unknown metric or a nested silence. */
export function compileCondition(context: RuleContext): CompiledCondition {
  const { rule, metrics, indexOf } = context
  const leaves: Leaf[] = []
  const limits: (Limit | null)[] = []
  const reads: number[] = []
  let meansCount = 0

  function indexFor(id: string): number {
    const index = indexOf.get(id)
    if (index === undefined)
      throw new RangeError(
        `Cannot compile rule ${rule.id}: expected a metric of the type, got "${id}"`,
      )
    if (!reads.includes(index)) reads.push(index)
    return index
  }

  function addLeaf(code: Leaf['code'], id: string, limit: Limit | null): number {
    const metric = metrics[indexFor(id)]
    const isNumber = limit !== null && metric !== undefined
    leaves.push({
      code,
      metric: id,
      unit: isNumber ? metric.unit : null,
      unitLabel: isNumber ? readable(metric) : '',
      precision: metric?.precision ?? 0,
    })
    limits.push(limit)
    return leaves.length - 1
  }

  function compileOperand(of: Operand): (sample: Sample, state: DeviceState, slot: Slot) => number {
    if ('metric' in of) {
      const index = indexFor(of.metric)
      const holds = metrics[index]?.onChange === true
      return (sample, state) => valueOf(sample, state, index, holds)
    }
    if ('sum' in of) {
      const indexes = of.sum.map(indexFor)
      return (sample, state) => sumOf(sample, state, indexes, metrics)
    }
    const index = indexFor(of.mean)
    const ring = meansCount++
    const mean = createRollingMean({
      windowMs: of.seconds * 1000,
      byEnergy: metrics[index]?.unit.startsWith('dB[SPL]') === true,
    })
    return (sample, state, slot) => {
      const value = sample.values[index] ?? Number.NaN
      const memory = slot.rings[ring]
      if (Number.isNaN(value) || memory === undefined) return Number.NaN
      return mean.add(memory, value, sample.at, state.reportMs)
    }
  }

  function compareWith(of: Operand, code: 'above' | 'below', limit: Limit): Evaluate {
    const value = compileOperand(of)
    const ids = 'metric' in of ? [of.metric] : 'sum' in of ? of.sum : [of.mean]
    const indexes = ids.map(indexFor)
    const leaf = addLeaf(code, ids[0] ?? '', limit)
    const sign = code === 'above' ? 1 : -1
    return (sample, state, slot, deadband, found) => {
      const actual = value(sample, state, slot)
      if (Number.isNaN(actual)) return missing(state, indexes)
      const bound = slot.limits[leaf] ?? Number.NaN
      if (!(sign * (actual - bound) > -deadband)) return FALSE
      if (found.leaf < 0 || leaves[found.leaf]?.code === 'is') {
        found.leaf = leaf
        found.value = actual
        found.limit = bound
      }
      return TRUE
    }
  }

  function compile(condition: Condition): Evaluate {
    switch (condition.kind) {
      case 'above':
      case 'below':
        return compareWith(condition.of, condition.kind, condition.limit)
      case 'is': {
        const index = indexFor(condition.metric)
        const holds = metrics[index]?.onChange === true
        const indexes = [index]
        const leaf = addLeaf('is', condition.metric, null)
        const expected = condition.value ? 1 : 0
        return (sample, state, _slot, _deadband, found) => {
          const actual = valueOf(sample, state, index, holds)
          if (Number.isNaN(actual)) return missing(state, indexes)
          if (actual !== expected) return FALSE
          if (found.leaf < 0) {
            found.leaf = leaf
            found.value = actual
            found.limit = Number.NaN
          }
          return TRUE
        }
      }
      case 'all':
        return allOf(condition.of.map(compile))
      case 'any':
        return anyOf(condition.of.map(compile))
      case 'silent':
        break
    }
    throw new RangeError(`Cannot compile rule ${rule.id}: expected silence as its only condition`)
  }

  const evaluate = compile(rule.when)
  return { evaluate, leaves, limits, reads, meansCount }
}

export function limitFor(limit: Limit | null, state: DeviceState): number {
  if (limit === null) return Number.NaN
  if (typeof limit === 'number') return limit
  const rated = state.device.rated[limit.rated]
  return rated === undefined ? limit.fallback : rated * limit.factor
}

function readable(metric: Metric): string {
  return metric.unitLabel ?? (metric.unit === '1' ? '' : metric.unit)
}

function missing(state: DeviceState, indexes: readonly number[]): Truth {
  for (const index of indexes) if (!Number.isNaN(state.latestValues[index])) return UNKNOWN
  return ABSENT
}

function valueOf(sample: Sample, state: DeviceState, index: number, holds: boolean): number {
  const value = sample.values[index] ?? Number.NaN
  return holds && Number.isNaN(value) ? (state.latestValues[index] ?? Number.NaN) : value
}

/** Parts that the device has never reported are not fitted and count for nothing. */
function sumOf(
  sample: Sample,
  state: DeviceState,
  indexes: readonly number[],
  metrics: readonly Metric[],
): number {
  let sum = Number.NaN
  for (const index of indexes) {
    const value = valueOf(sample, state, index, metrics[index]?.onChange === true)
    if (!Number.isNaN(value)) sum = Number.isNaN(sum) ? value : sum + value
    else if (!Number.isNaN(state.latestValues[index])) return Number.NaN
  }
  return sum
}

/** Strong three-valued logic: one false decides, else one unknown leaves it open. Every part is asked: means must see each sample. */
function allOf(parts: readonly Evaluate[]): Evaluate {
  return (sample, state, slot, deadband, found) => {
    const { leaf, value, limit } = found
    let truth: Truth = TRUE
    for (const part of parts) {
      const one = part(sample, state, slot, deadband, found)
      if (one === FALSE) truth = FALSE
      else if (one !== TRUE && truth !== FALSE) truth = UNKNOWN
    }
    if (truth !== TRUE) {
      found.leaf = leaf
      found.value = value
      found.limit = limit
    }
    return truth
  }
}

/** One true decides, else one unknown leaves it open; parts that are not fitted do not count. */
function anyOf(parts: readonly Evaluate[]): Evaluate {
  return (sample, state, slot, deadband, found) => {
    let truth: Truth = ABSENT
    for (const part of parts) {
      const one = part(sample, state, slot, deadband, found)
      if (one > truth && !(truth === UNKNOWN && one === FALSE)) truth = one
      else if (one === UNKNOWN && truth === FALSE) truth = UNKNOWN
    }
    return truth
  }
}
