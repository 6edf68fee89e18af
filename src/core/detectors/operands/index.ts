// The table of operands: what a rule compares, compiled by the form in which the rule says it.

import type { Operand } from '../../rule.ts'
import { createChange } from './change.ts'
import { createHighest } from './highest.ts'
import { createMean } from './mean.ts'
import type { Measure, OperandContext } from './measure.ts'
import {
  createDifference,
  createDistance,
  createLowestShare,
  createPlain,
  createSum,
} from './plain.ts'
import { createSince } from './since.ts'
import { createStarts } from './starts.ts'
import { createStep } from './step.ts'
import { createUnchanged } from './unchanged.ts'

export function compileOperand(of: Operand, context: OperandContext): Measure {
  if ('metric' in of) return createPlain(of.metric, context)
  if ('sum' in of) return createSum(of.sum, context)
  if ('mean' in of) return createMean(of.mean, of.seconds, context)
  if ('highest' in of) return createHighest(of.highest, of.seconds, context)
  if ('change' in of) return createChange(of.change, of.seconds, context)
  if ('step' in of) return createStep(of.step, context)
  if ('since' in of) return createSince(of.since, of.counter, context)
  if ('starts' in of) return createStarts(of.starts, of.seconds, context)
  if ('unchanged' in of) return createUnchanged(of.unchanged, context)
  if ('difference' in of) return createDifference(of.difference, context)
  if ('lowestShare' in of) return createLowestShare(of.lowestShare, context)
  return createDistance(of.distance, context)
}
