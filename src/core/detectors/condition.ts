// Conditions of a rule compiled to functions of a sample: three-valued, so that a reading which does not say enough neither
// confirms nor clears. Each leaf that is true leaves its value behind for the alert.

import type { DeviceState, Slot } from '../device-state.ts'
import type { Condition, Limit, Operand, Standard } from '../rule.ts'
import type { Leaf, Sample } from './detector.ts'
import { compileLimit } from './limit.ts'
import type { CompiledLimit } from './limit.ts'
import type { Measure } from './operands/measure.ts'

export const TRUE = 1
export const FALSE = 0
/** This reading does not say. */
const UNKNOWN = -1
/** The device has never said, or the rule is not for it: as good as not fitted. */
const ABSENT = -2
export type Truth = typeof TRUE | typeof FALSE | typeof UNKNOWN | typeof ABSENT

/** The leaf that made the condition true: the first number that did, else the first boolean. */
export interface Found {
  leaf: number
  value: number
  limit: number
}

export interface CompiledCondition {
  readonly evaluate: (
    sample: Sample,
    state: DeviceState,
    slot: Slot,
    deadband: number,
    found: Found,
  ) => Truth
  /** False when the registry lacks what it takes: it can never be true for this device. */
  readonly applies: (state: DeviceState) => boolean
}

/** Where the parts of a rule gather while its conditions are compiled. */
export interface RuleParts {
  readonly ruleId: string
  readonly leaves: Leaf[]
  /** One per leaf; null for a boolean. */
  readonly limits: (CompiledLimit | null)[]
  readonly indexFor: (id: string) => number
  readonly measureFor: (of: Operand) => Measured
}

/** An operand in a rule. Asking is free of consequences: what it remembers has seen the sample before. */
export interface Measured {
  readonly measure: Measure
  readonly read: Measure['read']
}

type Comparison = Extract<Condition, { readonly kind: 'above' | 'below' }>

/** Throws RangeError on an unknown metric, or on a condition that only stands alone. */
export function compileCondition(
  condition: Condition,
  standard: Standard,
  parts: RuleParts,
): CompiledCondition {
  switch (condition.kind) {
    case 'above':
    case 'below':
      return compare(condition, standard, parts)
    case 'is':
      return compileState(condition.metric, condition.value, standard, parts)
    case 'all':
      return allOf(condition.of.map((one) => compileCondition(one, standard, parts)))
    case 'any':
      return anyOf(condition.of.map((one) => compileCondition(one, standard, parts)))
    case 'silent':
    case 'skewed':
    case 'impossible':
      break
  }
  throw new RangeError(
    `Cannot compile rule ${parts.ruleId}: expected ${nameOf[condition.kind]} as its only condition`,
  )
}

const nameOf = { silent: 'silence', skewed: 'a clock', impossible: 'a range' } as const

function compare(
  { kind: code, of, limit, orEqual }: Comparison,
  standard: Standard,
  parts: RuleParts,
): CompiledCondition {
  const { leaves } = parts
  const { measure, read } = parts.measureFor(of)
  const { fixed, moving } = addLimit(limit, parts)
  const leaf = leaves.push({ code, ...measure.shown, standard }) - 1
  const sign = code === 'above' ? 1 : -1
  return {
    evaluate(sample, state, slot, deadband, found) {
      const actual = read(sample, state, slot)
      if (Number.isNaN(actual)) return measure.isFitted(state) ? UNKNOWN : ABSENT
      const bound = moving === null ? (slot.limits[leaf] ?? Number.NaN) : moving(state)
      const beyond = sign * (actual - bound)
      // NaN is neither: the device has no such limit, or what the limit follows has never been said.
      if (!(beyond > -deadband || (beyond === 0 && orEqual === true && deadband === 0)))
        return Number.isNaN(bound) ? (moving === null ? ABSENT : UNKNOWN) : FALSE
      if (found.leaf < 0 || leaves[found.leaf]?.code === 'is') {
        found.leaf = leaf
        found.value = actual
        found.limit = bound
      }
      return TRUE
    },
    applies: (state) => measure.applies(state) && (moving !== null || !Number.isNaN(fixed(state))),
  }
}

function addLimit(limit: Limit, { limits, indexFor }: RuleParts): CompiledLimit {
  const compiled = compileLimit(limit, indexFor)
  limits.push(compiled)
  return compiled
}

function compileState(
  metric: string,
  value: boolean,
  standard: Standard,
  parts: RuleParts,
): CompiledCondition {
  const { measure, read } = parts.measureFor({ metric })
  const shown = { ...measure.shown, unit: null, unitLabel: '' }
  const leaf = parts.leaves.push({ code: 'is', ...shown, standard }) - 1
  parts.limits.push(null)
  const expected = value ? 1 : 0
  return {
    evaluate(sample, state, slot, _deadband, found) {
      const actual = read(sample, state, slot)
      if (Number.isNaN(actual)) return measure.isFitted(state) ? UNKNOWN : ABSENT
      if (actual !== expected) return FALSE
      if (found.leaf < 0) {
        found.leaf = leaf
        found.value = actual
        found.limit = Number.NaN
      }
      return TRUE
    },
    applies: () => true,
  }
}

/**
 * Strong three-valued logic: one false decides, else one part that is not fitted (then the whole is not), else one unknown leaves it
 * open.
 */
function allOf(parts: readonly CompiledCondition[]): CompiledCondition {
  return {
    evaluate(sample, state, slot, deadband, found) {
      const { leaf, value, limit } = found
      let truth: Truth = TRUE
      for (const part of parts) {
        const one = part.evaluate(sample, state, slot, deadband, found)
        if (one === FALSE) truth = FALSE
        else if (one !== TRUE && truth !== FALSE && truth !== ABSENT) truth = one
      }
      if (truth !== TRUE) {
        found.leaf = leaf
        found.value = value
        found.limit = limit
      }
      return truth
    },
    applies: (state) => parts.every((part) => part.applies(state)),
  }
}

/** One true decides, else one unknown leaves it open; parts that are not fitted do not count. */
function anyOf(parts: readonly CompiledCondition[]): CompiledCondition {
  return {
    evaluate(sample, state, slot, deadband, found) {
      let truth: Truth = ABSENT
      for (const part of parts) {
        const one = part.evaluate(sample, state, slot, deadband, found)
        if (one > truth && !(truth === UNKNOWN && one === FALSE)) truth = one
        else if (one === UNKNOWN && truth === FALSE) truth = UNKNOWN
      }
      return truth
    },
    applies: (state) => parts.some((part) => part.applies(state)),
  }
}
