// The table of detectors: which one watches a rule, by the kind of its condition.

import type { Rule } from '../rule.ts'
import type { Detector, RuleContext } from './detector.ts'
import { createImpossible } from './impossible.ts'
import { createSilence } from './silence.ts'
import { createSkewed } from './skewed.ts'
import { createThreshold } from './threshold.ts'

type CreateDetector = (context: RuleContext) => Detector

const detectors: Readonly<Record<Rule['when']['kind'], CreateDetector>> = {
  above: createThreshold,
  below: createThreshold,
  is: createThreshold,
  all: createThreshold,
  any: createThreshold,
  silent: createSilence,
  skewed: createSkewed,
  impossible: createImpossible,
}

export function createDetector(context: RuleContext): Detector {
  return detectors[context.rule.when.kind](context)
}
