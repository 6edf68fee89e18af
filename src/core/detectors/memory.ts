// What a rule remembers of a device's earlier samples: plain JSON, one memory per operand that needs one, bounded whatever the
// device sends. Each is written by the operand it belongs to and by nobody else.

import type { MeanRing } from './rolling-mean.ts'
import type { Millis } from '../position.ts'

/** A ring never has more entries than this. */
export const ENTRIES_MAX = 60

interface Common {
  /** The operand in words: what was remembered for another operand means nothing to this one. */
  readonly of: string
  /** Event time of the last sample; null while there was none. */
  lastAt: Millis | null
}

export interface MeanMemory extends Common, MeanRing {
  readonly kind: 'mean'
  lastAt: Millis | null
}

export interface ChangeMemory extends Common {
  readonly kind: 'change'
  /** Oldest first, one per sixtieth of the window: time and value of its first sample, value of its last. */
  entries: [at: Millis, first: number, last: number][]
  /** Of a metric that holds: its value when the window begins. */
  before: number | null
  /** Of a counter: what it has grown by since this memory began, and its last value. */
  grown: number
  last: number | null
}

export interface StepMemory extends Common {
  readonly kind: 'step'
  last: number
}

export interface SinceMemory extends Common {
  readonly kind: 'since'
  last: number
  /** When the local period began, and what the counter has grown by since. */
  start: Millis
  grown: number
}

export interface StartsMemory extends Common {
  readonly kind: 'starts'
  last: number
  /** Oldest first: time of the last start in its sixtieth of the window, and how many there were. */
  entries: [at: Millis, count: number][]
}

export interface HighestMemory extends Common {
  readonly kind: 'highest'
  /** Of a metric that holds: what it holds. */
  last: number | null
  /** Oldest first, falling: when the peak counted last, and how high it was. */
  entries: [at: Millis, value: number][]
}

export interface UnchangedMemory extends Common {
  readonly kind: 'unchanged'
  value: number
  since: Millis
}

/** Messages in a row that were bad, or good while the alert stands. `lastAt` is the time of the last one that counted. */
export interface RunMemory extends Common {
  readonly kind: 'run'
  badCount: number
  /** When the run began, and the value it began with. */
  since: Millis
  first: number
  goodCount: number
}

export type Memory =
  | MeanMemory
  | HighestMemory
  | ChangeMemory
  | StepMemory
  | SinceMemory
  | StartsMemory
  | UnchangedMemory
  | RunMemory

/** How an operand's memory begins, and whether it goes on while the rule does not apply. */
export interface MemoryPlan {
  readonly of: string
  readonly create: () => Memory
  readonly isLasting: boolean
}

/** Gives each plan its memory: the one that was kept for it, else a new one. */
export function alignMemories(memories: Memory[], plans: readonly MemoryPlan[]): void {
  const kept = memories.splice(0)
  for (const plan of plans)
    memories.push(kept.find((memory) => memory.of === plan.of) ?? plan.create())
}

/** Forgets what must not reach across a pause of the rule. */
export function pauseMemories(memories: Memory[], plans: readonly MemoryPlan[]): void {
  for (let i = 0; i < plans.length; i++) {
    const plan = plans[i]
    if (plan === undefined || plan.isLasting || memories[i]?.lastAt === null) continue
    memories[i] = plan.create()
  }
}

export function copyMemory(memory: Memory): Memory {
  switch (memory.kind) {
    case 'mean':
      return { ...memory, buckets: memory.buckets.map(([ordinal, sum, n]) => [ordinal, sum, n]) }
    case 'change':
      return { ...memory, entries: memory.entries.map(([at, first, last]) => [at, first, last]) }
    case 'highest':
      return { ...memory, entries: memory.entries.map(([at, value]) => [at, value]) }
    case 'starts':
      return { ...memory, entries: memory.entries.map(([at, count]) => [at, count]) }
    case 'step':
    case 'since':
    case 'unchanged':
    case 'run':
      break
  }
  return { ...memory }
}
