// The table of detectors: which one watches a rule, by the kind of its condition.

import type { Rule } from '../rule.ts'
import type { Detector } from './detector.ts'
import { createSilence } from './silence.ts'
import { createThreshold } from './threshold.ts'
import type { RuleContext } from './operand.ts'

type CreateDetector = (context: RuleContext) => Detector

const detectors: Readonly<Record<Rule['when']['kind'], CreateDetector>> = {
  above: createThreshold,
  below: createThreshold,
  is: createThreshold,
  all: createThreshold,
  any: createThreshold,
  silent: createSilence,
}

export function createDetector(context: RuleContext): Detector {
  return detectors[context.rule.when.kind](context)
}
