// A device's clock that is off. Steadily: a device that empties its backlog tells old times too, but its skew shrinks from message to
// message, and a single odd time is no wrong clock. Fed by live messages with a time of their own, also by those whose readings are
// refused for that time.

import type { Slot } from '../device-state.ts'
import type { Millis } from '../position.ts'
import type { Detector, RuleContext } from './detector.ts'
import { leafAlone } from './leaf-alone.ts'
import { addBad, forgetRun, prepareRun, runOf } from './run.ts'

/** How much the messages of a run may differ from its first one. */
const STEADY_MS = 30_000

export function createSkewed({ rule }: RuleContext): Detector {
  const { when, confirm, clear } = rule
  if (when.kind !== 'skewed')
    throw new RangeError(
      `Cannot compile rule ${rule.id}: expected a skewed condition, got ${when.kind}`,
    )
  const limitMs = when.seconds * 1000
  const spanMs = confirm.seconds * 1000

  return {
    // Behind, and ahead: the value keeps its sign.
    leaves: [leafAlone(rule, 'above', 's'), leafAlone(rule, 'below', 's')],
    prepare: prepareRun,
    begin() {},

    clock(slot, skewMs, now) {
      const run = runOf(slot)
      if (run === null) return 'none'
      const isOff = Math.abs(skewMs) > limitMs
      if (slot.isActive) {
        if (isOff) {
          see(slot, skewMs)
          run.goodCount = 0
        } else run.goodCount++
        run.lastAt = run.goodCount === 0 ? null : now
        if (run.goodCount < clear.samples) return 'none'
      } else if (isOff) {
        if (Math.abs(skewMs - run.first) > STEADY_MS) forgetRun(run)
        addBad(run, skewMs, now)
        run.lastAt = now
        if (run.badCount < confirm.samples || now - run.since < spanMs) return 'none'
        see(slot, skewMs)
        slot.since = run.since
      } else if (run.lastAt === null) return 'none'
      // Judged: the next run begins with nothing.
      forgetRun(run)
      run.lastAt = null
      if (!slot.isActive && !isOff) return 'none'
      slot.at = now
      return slot.isActive ? 'return' : 'raise'
    },

    elapsed: () => 'none',
  }

  function see(slot: Slot, skewMs: Millis): void {
    const isBehind = skewMs > 0
    slot.leaf = isBehind ? 0 : 1
    slot.value = skewMs / 1000
    slot.limit = (isBehind ? limitMs : -limitMs) / 1000
  }
}
