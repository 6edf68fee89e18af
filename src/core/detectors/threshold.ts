// Values against limits: on-delay by N of M samples and by time, off-delay with a deadband, applied only within the rule's window.
// Time is the samples' event time; where every metric holds until it changes, the engine's clock may complete a delay as well.

import { alignMemories, pauseMemories } from './memory.ts'
import { compileWindow } from '../time/window.ts'
import type { Slot } from '../device-state.ts'
import type { Millis } from '../position.ts'
import { FALSE, TRUE } from './condition.ts'
import type { Found } from './condition.ts'
import type { Change, Detector, RuleContext, Sample } from './detector.ts'
import { compileRule } from './rule-plan.ts'

const NO_TIME = Number.POSITIVE_INFINITY
/** One bit per sample in a slot's history. */
const SAMPLES_MAX = 30
/** A reading so late that its delay is over when it comes: what followed it may be on its way, and gets this long. */
const LATE_GRACE_MS = 60_000

export function createThreshold(context: RuleContext): Detector {
  const { rule } = context
  const { confirm, clear } = rule
  if (confirm.of > SAMPLES_MAX || confirm.samples > confirm.of || confirm.samples < 1)
    throw new RangeError(
      `Cannot compile rule ${rule.id}: expected 1 <= samples <= of <= ${SAMPLES_MAX}, got ${confirm.samples} of ${confirm.of}`,
    )
  const plan = compileRule(context)
  const { leaves, limits, memories, editions, take } = plan
  const only = editions.length === 1 ? editions[0] : null
  const windowEnd = rule.during === undefined ? null : compileWindow(rule.during, context.localTime)
  const historyMask = 2 ** confirm.of - 1
  const confirmMs = confirm.seconds * 1000
  const clearMs = clear.seconds * 1000
  const gapMs = rule.gapSeconds === undefined ? null : rule.gapSeconds * 1000
  const found: Found = { leaf: -1, value: Number.NaN, limit: Number.NaN }

  return {
    leaves,

    prepare(slot, state) {
      slot.limits.length = 0
      for (const limit of limits) slot.limits.push(limit?.fixed(state) ?? Number.NaN)
      slot.applies = 0
      for (const edition of editions) if (edition.applies(state)) slot.applies |= edition.bit
      alignMemories(slot.memories, memories)
    },

    begin() {},

    changed: (slot, _state, now) =>
      (slot.applies & plan.editionAt(now).bit) === 0 ? standDown(slot, now) : 'none',

    sample(slot, state, sample) {
      const { at } = sample
      const edition = only ?? plan.editionAt(at)
      // A held value is looked at again only when the reading is about this rule.
      if (edition.about !== null && !touches(edition.about, sample.values)) return 'none'
      if ((slot.applies & edition.bit) === 0) {
        plan.remember(sample, state, slot)
        return standDown(slot, at)
      }
      if (windowEnd !== null) {
        // A window that has ended by the engine's clock is over for late samples too: nobody can act on it any more.
        const end = windowEnd(state, at)
        if (!(sample.now < end)) {
          plan.remember(sample, state, slot)
          return standDown(slot, at)
        }
        slot.windowDue = end
      }
      if (take !== null) take(sample, state, slot)
      found.leaf = -1
      const deadband = slot.isActive ? clear.deadband : 0
      const truth = edition.evaluate(sample, state, slot, deadband, found)
      if (truth !== TRUE && truth !== FALSE) return 'none'
      // Held values have no holes: silence between two changes is what a healthy sensor does.
      const { holds } = edition
      const isAfterGap = !holds && at - slot.lastSampleAt > (gapMs ?? 3 * state.reportMs)
      slot.lastSampleAt = at
      if (slot.isActive) {
        if (truth === TRUE) return stayActive(slot, found)
        return maybeReturn(slot, sample, holds, isAfterGap)
      }
      if (isAfterGap) forget(slot)
      if (truth === TRUE) return maybeRaise(slot, sample, holds)
      if (slot.history !== 0) {
        slot.history = (slot.history << 1) & historyMask
        slot.runSince = Number.NaN
        hold(slot, NO_TIME)
      }
      return 'none'
    },

    elapsed(slot, state, due) {
      if ((slot.applies & plan.editionAt(due).bit) === 0) return standDown(slot, due)
      if (slot.windowDue <= due && slot.windowDue <= slot.holdDue) {
        // Clock changes can move the end of a window of local hours.
        const end = windowEnd?.(state, due) ?? Number.NaN
        if (end > due && slot.isActive) {
          slot.windowDue = end
          arm(slot)
          return 'none'
        }
        return standDown(slot, due)
      }
      const at = slot.holdDue
      hold(slot, NO_TIME)
      if (slot.isActive) return finish(slot, at)
      slot.at = at
      return begin(slot)
    },
  }

  function maybeRaise(slot: Slot, { at, now }: Sample, holds: boolean): Change {
    slot.history = ((slot.history << 1) | 1) & historyMask
    if (Number.isNaN(slot.runSince)) slot.runSince = at
    slot.leaf = found.leaf
    slot.value = found.value
    slot.limit = found.limit
    slot.since = firstBad(slot, at)
    if (bitsOf(slot.history) < confirm.samples) return 'none'
    if (at - slot.runSince < confirmMs) {
      if (holds) holdUntil(slot, slot.runSince + confirmMs, now)
      return 'none'
    }
    slot.at = at
    return begin(slot)
  }

  /** The first true sample that counts: of the unbroken run, or of the last M where holes are allowed. */
  function firstBad(slot: Slot, at: Millis): Millis {
    if (confirm.samples === confirm.of || confirmMs > 0) return slot.runSince
    slot.badAts.push(at)
    const count = bitsOf(slot.history)
    if (slot.badAts.length > count) slot.badAts.splice(0, slot.badAts.length - count)
    return slot.badAts[0] ?? at
  }

  function begin(slot: Slot): Change {
    forget(slot)
    slot.holdDue = NO_TIME
    arm(slot, true)
    return 'raise'
  }

  function stayActive(slot: Slot, seen: Found): Change {
    slot.goodCount = 0
    slot.goodSince = Number.NaN
    slot.leaf = seen.leaf
    slot.value = seen.value
    slot.limit = seen.limit
    if (slot.holdDue !== NO_TIME) hold(slot, NO_TIME)
    return 'none'
  }

  function maybeReturn(
    slot: Slot,
    { at, now }: Sample,
    holds: boolean,
    isAfterGap: boolean,
  ): Change {
    if (isAfterGap || Number.isNaN(slot.goodSince)) {
      slot.goodCount = 0
      slot.goodSince = at
    }
    slot.goodCount++
    if (slot.goodCount < clear.samples) return 'none'
    if (at - slot.goodSince >= clearMs) return finish(slot, at)
    if (holds) holdUntil(slot, slot.goodSince + clearMs, now)
    return 'none'
  }

  function finish(slot: Slot, at: Millis): Change {
    forget(slot)
    slot.holdDue = NO_TIME
    slot.windowDue = NO_TIME
    slot.due = NO_TIME
    slot.at = at
    return 'return'
  }

  /** Out of its window, or not for this device any more: what was counted is forgotten, what was raised is over. */
  function standDown(slot: Slot, at: Millis): Change {
    pauseMemories(slot.memories, memories)
    if (slot.isActive) return finish(slot, at)
    if (slot.history !== 0) forget(slot)
    slot.holdDue = NO_TIME
    slot.windowDue = NO_TIME
    slot.due = NO_TIME
    return 'none'
  }

  function holdUntil(slot: Slot, due: Millis, now: Millis): void {
    hold(slot, due > now ? due : now + LATE_GRACE_MS)
  }

  function hold(slot: Slot, due: Millis): void {
    slot.holdDue = due
    arm(slot)
  }

  /** A window is watched only while there is something to end. */
  function arm(slot: Slot, isActive = slot.isActive): void {
    const windowDue = isActive || slot.holdDue !== NO_TIME ? slot.windowDue : NO_TIME
    slot.due = Math.min(slot.holdDue, windowDue)
  }
}

function forget(slot: Slot): void {
  slot.history = 0
  slot.badAts.length = 0
  slot.runSince = Number.NaN
  slot.goodCount = 0
  slot.goodSince = Number.NaN
}

function touches(about: readonly number[], values: readonly number[]): boolean {
  for (const index of about) if (!Number.isNaN(values[index])) return true
  return false
}

function bitsOf(history: number): number {
  let bits = 0
  for (let rest = history; rest !== 0; rest &= rest - 1) bits++
  return bits
}
