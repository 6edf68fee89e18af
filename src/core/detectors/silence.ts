// Nothing heard: due so many report intervals after the last fresh reading was received (or after registration), over with the next
// fresh one. Stale, future and refused data do not count as heard, so a device that lies about time is silent too. Outside the rule's
// window (a heating season) silence is what is expected: nothing is raised, and what was raised ends with the window.

import type { DeviceState } from '../device-state.ts'
import type { Millis } from '../position.ts'
import { compileWindow } from '../time/window.ts'
import type { Detector, RuleContext } from './detector.ts'
import { leafAlone } from './leaf-alone.ts'

const SILENCE_MIN_MS = 15 * 60_000
/** How soon after its window has begun a silence from before it is noticed. */
const LOOK_AGAIN_MS = 60 * 60_000

export function createSilence({ rule, localTime }: RuleContext): Detector {
  if (rule.when.kind !== 'silent')
    throw new RangeError(
      `Cannot compile rule ${rule.id}: expected a silent condition, got ${rule.when.kind}`,
    )
  const { intervals } = rule.when
  const dueAfter = (heardAt: Millis, state: DeviceState): Millis =>
    heardAt + Math.max(intervals * state.reportMs, SILENCE_MIN_MS)

  const windowEnd = rule.during === undefined ? null : compileWindow(rule.during, localTime)
  /** End of the window that holds the moment; never, where the rule always applies; NaN outside. */
  const endAt = (state: DeviceState, at: Millis): Millis =>
    windowEnd === null ? Number.POSITIVE_INFINITY : windowEnd(state, at)

  return {
    leaves: [leafAlone(rule, 'silent')],
    prepare() {},
    begin(slot, state) {
      slot.due = dueAfter(state.heardAt, state)
    },
    changed(slot, state, now) {
      const due = dueAfter(state.heardAt, state)
      if (!slot.isActive) {
        // Overdue by the new interval: noticed now, not in the past.
        slot.due = Math.max(due, now)
        return 'none'
      }
      if (due <= now) return 'none'
      slot.due = due
      slot.at = now
      return 'return'
    },
    heard(slot, state, receivedAt) {
      // Moving `due` later costs nothing: the alarm clock looks again when the earlier time has come.
      slot.due = dueAfter(receivedAt, state)
      if (!slot.isActive) return 'none'
      slot.at = receivedAt
      return 'return'
    },
    elapsed(slot, state, at) {
      const end = endAt(state, at)
      if (Number.isNaN(end)) {
        slot.due = at + LOOK_AGAIN_MS
        slot.at = at
        return slot.isActive ? 'return' : 'none'
      }
      slot.due = end
      if (slot.isActive) return 'none'
      slot.since = state.heardAt
      slot.at = at
      slot.leaf = 0
      return 'raise'
    },
  }
}
