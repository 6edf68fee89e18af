// A task at a moment that may be far away.

import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'

/** Timers overflow after 25 days, and the wall clock may be set meanwhile: it is looked at once a day. */
const STEP_MS = 86_400_000

/** Runs `task` once at `due`; the returned function cancels it. */
export function endAt(due: Millis, clock: Clock, task: () => void): () => void {
  let cancel = wait()
  return () => cancel()

  function wait(): () => void {
    return clock.after(Math.min(STEP_MS, Math.max(0, due - clock.now())), () => {
      if (clock.now() >= due) task()
      else cancel = wait()
    })
  }
}
