// The engine's alarm clock: a heap of what falls due, ordered by due time, then device, then rule, so that the order never depends
// on who was armed first. It is derived from the slots and not part of a snapshot.

import { createHeap } from './heap.ts'
import type { Millis } from '../position.ts'
import type { DeviceState, Slot } from '../device-state.ts'

export interface Timers {
  /** Makes sure that the slot is looked at when it is due. Cheap when it is armed early enough already. */
  arm(state: DeviceState, slot: Slot): void
  /** The next slot that is really due at or before `to`, or null. Its `due` is cleared by the caller's detector. */
  next(
    to: Millis,
  ): { readonly state: DeviceState; readonly slot: Slot; readonly due: Millis } | null
  /** Nothing falls due before this; null when nothing is armed. */
  earliest(): Millis | null
}

interface Item {
  readonly due: Millis
  readonly state: DeviceState
  readonly slot: Slot
}

export function createTimers(): Timers {
  const heap = createHeap<Item>(isBefore)

  function arm(state: DeviceState, slot: Slot): void {
    if (slot.due >= slot.armed) return
    slot.armed = slot.due
    heap.push({ due: slot.due, state, slot })
  }

  return {
    arm,
    next(to) {
      for (let top = heap.peek(); top !== undefined && top.due <= to; top = heap.peek()) {
        heap.pop()
        const { state, slot } = top
        // Armed again for an earlier time since, or the device is gone: this entry means nothing any more.
        if (state.isRemoved || slot.armed !== top.due) continue
        slot.armed = Number.POSITIVE_INFINITY
        if (slot.due <= top.due) return top
        // Put off since it was armed: readings move the due time of a silence without touching the heap.
        arm(state, slot)
      }
      return null
    },
    earliest: () => heap.peek()?.due ?? null,
  }
}

function isBefore(a: Item, b: Item): boolean {
  if (a.due !== b.due) return a.due < b.due
  if (a.state.device.id !== b.state.device.id) return a.state.device.id < b.state.device.id
  return a.slot.index < b.slot.index
}
