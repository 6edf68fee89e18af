// What live messages tell about the device itself: whether its clock is right, and whether its values can be. A message that comes
// once more tells nothing new.

import type { Moment } from './alerts/alert-book.ts'
import type { Change } from './detectors/detector.ts'
import type { DeviceState, Slot } from './device-state.ts'
import type { Millis, Position } from './position.ts'

export interface Health {
  /** A live message with a time of its own; comes before its reading. */
  clockSeen(state: DeviceState, skewMs: Millis, moment: Moment): void
  /** A reading that is no news: it was judged before, or is too old to be judged. */
  readingRepeated(position: Position): void
  /** The message held values that cannot be (comes before its reading), or only good ones (after it). */
  rangeSeen(state: DeviceState, isImpossible: boolean, moment: Moment): void
}

export function createHealth(
  act: (change: Change, state: DeviceState, slot: Slot, moment: Moment) => void,
): Health {
  // Of the message at hand.
  let toldAt: Position | null = null
  let told: Millis = 0
  let repeatedAt: Position | null = null

  return {
    clockSeen(state, skewMs, moment) {
      const { now, position } = moment
      if (!Number.isFinite(skewMs)) return
      toldAt = position
      told = now - skewMs
      if (told === state.clockAt - state.clockSkewMs) return
      state.clockSkewMs = skewMs
      state.clockAt = now
      const { detectors, timing } = state.type
      for (const index of timing) {
        const slot = state.slots[index]
        if (slot === undefined) continue
        const change = detectors[index]?.clock?.(slot, skewMs, now) ?? 'none'
        if (change !== 'none') act(change, state, slot, moment)
      }
    },

    readingRepeated(position) {
      repeatedAt = position
    },

    rangeSeen(state, isImpossible, moment) {
      const { now, position } = moment
      const at = position === toldAt ? told : now
      const isNews = isImpossible
        ? at > state.lastTs && now - at <= state.freshMs
        : position !== repeatedAt
      if (!isNews) return
      const { detectors, ranging } = state.type
      for (const index of ranging) {
        const slot = state.slots[index]
        if (slot === undefined) continue
        const change = detectors[index]?.range?.(slot, isImpossible, at, now) ?? 'none'
        if (change !== 'none') act(change, state, slot, moment)
      }
    },
  }
}
