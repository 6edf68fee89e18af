// The leaf of a condition that stands alone and compares no metric: silence, a clock, values that cannot be.

import type { Rule } from '../rule.ts'
import type { Leaf } from './detector.ts'

/** Throws RangeError when the rule has editions: only rules of values follow a standard that is replaced. */
export function leafAlone(rule: Rule, code: Leaf['code'], unit: string | null = null): Leaf {
  if (rule.editions !== undefined)
    throw new RangeError(
      `Cannot compile rule ${rule.id}: expected no editions of a condition without values`,
    )
  const { standard } = rule
  const unitLabel = unit ?? ''
  return { code, metric: null, operand: null, unit, unitLabel, precision: 0, standard }
}
