// Messages in a row that say the same, counted: so many bad ones raise, so many good ones bring back. For detectors that are fed by live
// messages and not by samples; time is the receive time.

import { alignMemories } from './memory.ts'
import type { MemoryPlan, RunMemory } from './memory.ts'
import type { Slot } from '../device-state.ts'
import type { Millis } from '../position.ts'

const OF = 'run'

const plan: MemoryPlan = {
  of: OF,
  create: () => ({
    kind: 'run',
    of: OF,
    lastAt: null,
    badCount: 0,
    since: 0,
    first: 0,
    goodCount: 0,
  }),
  isLasting: true,
}
const plans = [plan]

export function prepareRun(slot: Slot): void {
  alignMemories(slot.memories, plans)
}

export function runOf(slot: Slot): RunMemory | null {
  const memory = slot.memories[0]
  return memory?.kind === 'run' ? memory : null
}

/** One more bad message; `first` is kept of the one that began the run. */
export function addBad(run: RunMemory, first: number, now: Millis): void {
  if (run.badCount === 0) {
    run.since = now
    run.first = first
  }
  run.badCount++
}

export function forgetRun(run: RunMemory): void {
  run.badCount = 0
  run.since = 0
  run.first = 0
  run.goodCount = 0
}
