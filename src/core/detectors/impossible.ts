// Values that cannot be, reading after reading: the readings are refused, and the sensor is broken. One wild value is no broken
// sensor, and the same message once more is no second one.

import type { Detector, RuleContext } from './detector.ts'
import { leafAlone } from './leaf-alone.ts'
import { addBad, forgetRun, prepareRun, runOf } from './run.ts'

export function createImpossible({ rule }: RuleContext): Detector {
  const { confirm, clear } = rule
  return {
    leaves: [leafAlone(rule, 'impossible')],
    prepare: prepareRun,
    begin() {},

    range(slot, isImpossible, told, now) {
      const run = runOf(slot)
      // Nearly every reading of nearly every device is good.
      if (run === null || (!isImpossible && !slot.isActive && run.badCount === 0)) return 'none'
      if (isImpossible) {
        if (run.lastAt !== null && told <= run.lastAt) return 'none'
        run.lastAt = told
        run.goodCount = 0
        if (slot.isActive) return 'none'
        addBad(run, 0, now)
        if (run.badCount < confirm.samples) return 'none'
        slot.since = run.since
        slot.leaf = 0
      } else if (slot.isActive) {
        run.goodCount++
        if (run.goodCount < clear.samples) return 'none'
      }
      // Judged: the next run begins with nothing.
      forgetRun(run)
      if (!slot.isActive && !isImpossible) return 'none'
      slot.at = now
      return slot.isActive ? 'return' : 'raise'
    },

    elapsed: () => 'none',
  }
}
