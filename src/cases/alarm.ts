// Several waits on one timer of the clock, so that a room that waits for many things still holds a single timer.

import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'

// Node fires a timer of more than 2^31 ms at once; a longer wait is taken in steps.
const STEP_MAX_MS = 3_600_000

export interface Alarm {
  /** Runs `task` once at `at` (or soon, when that has passed), instead of the task that `name` waited with before. */
  set(name: string, at: Millis, task: () => void): void
  clear(name: string): void
  /** Runs every waiting task now; later ones run at once. */
  close(): void
}

export function createAlarm(clock: Clock): Alarm {
  const waits = new Map<string, { readonly at: Millis; readonly task: () => void }>()
  let timer: { readonly at: Millis; readonly cancel: () => void } | null = null
  let closed = false

  function arm(): void {
    let at = Number.POSITIVE_INFINITY
    for (const wait of waits.values()) at = Math.min(at, wait.at)
    if (timer?.at === at) return
    timer?.cancel()
    timer = null
    if (waits.size === 0) return
    const ms = Math.min(Math.max(0, at - clock.now()), STEP_MAX_MS)
    timer = { at, cancel: clock.after(ms, ring) }
  }

  function ring(): void {
    timer = null
    const now = clock.now()
    // A task may set a new wait, which must not run in the same round.
    const due = Array.from(waits).filter(([, wait]) => wait.at <= now)
    for (const [name, wait] of due) {
      if (waits.get(name) !== wait) continue
      waits.delete(name)
      wait.task()
    }
    arm()
  }

  return {
    set(name, at, task) {
      if (closed) {
        task()
        return
      }
      waits.set(name, { at, task })
      arm()
    },
    clear(name) {
      if (waits.delete(name)) arm()
    },
    close() {
      closed = true
      timer?.cancel()
      timer = null
      const tasks = [...waits.values()]
      waits.clear()
      for (const { task } of tasks) task()
    },
  }
}
