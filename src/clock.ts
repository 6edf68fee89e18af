// Clocks. The only file that reads the wall clock or sets a timer.

import type { Millis } from './core/position.ts'
import type { Clock } from './ports.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}

export interface ManualClock extends Clock {
  /** Moves time forward, running what falls due on the way, in order. Going back throws RangeError. */
  set(to: Millis): void
  /** When the next task is due, or null. */
  nextDue(): Millis | null
}

/** A clock that only moves when told to: simulations, replays and tests. */
export function createManualClock(start: Millis): ManualClock {
  let now = start
  let ordinal = 0
  const tasks = new Map<number, { due: Millis; task: () => void }>()

  function earliest(): [number, { due: Millis; task: () => void }] | null {
    let best: [number, { due: Millis; task: () => void }] | null = null
    for (const entry of tasks) if (best === null || entry[1].due < best[1].due) best = entry
    return best
  }

  return {
    now: () => now,
    after(ms, task) {
      const id = ordinal++
      tasks.set(id, { due: now + Math.max(0, ms), task })
      return () => tasks.delete(id)
    },
    set(to) {
      if (to < now) throw new RangeError(`Cannot set the clock back: it is ${now}, got ${to}`)
      for (let next = earliest(); next !== null && next[1].due <= to; next = earliest()) {
        tasks.delete(next[0])
        now = next[1].due
        next[1].task()
      }
      now = to
    },
    nextDue: () => earliest()?.[1].due ?? null,
  }
}

/** For work that only has to yield, not to wait: tests and long loops. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
