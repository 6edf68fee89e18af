// Time for the pages: the only caller of the browser's clock and timers, and the server's time derived from its stream. All
// ages on the screen count in server time, so a desk whose clock is wrong still shows the truth.

export interface Clock {
  now(): number
  /** Runs `task` once, `ms` from now; the returned function cancels it. */
  after(ms: number, task: () => void): () => void
}

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}

export interface ServerClock {
  now(): number
  /** Takes in the server's own time as it arrives with hello and heartbeats. */
  learn(serverTime: number): void
  /** What to add to the desk's own time. */
  offsetMs(): number
}

/** Offsets that move less than this are network jitter; following them would make ages jitter too. */
const JITTER_MS = 500

export function createServerClock(clock: Clock): ServerClock {
  let offsetMs: number | null = null
  return {
    now: () => clock.now() + (offsetMs ?? 0),
    offsetMs: () => offsetMs ?? 0,
    learn(serverTime) {
      const offset = serverTime - clock.now()
      if (offsetMs === null || Math.abs(offset - offsetMs) > JITTER_MS) offsetMs = offset
    },
  }
}

/** Runs `task` every `ms` until the returned function is called; the next turn is set only after the last one ran. */
export function every(clock: Clock, ms: number, task: () => void): () => void {
  let cancel = (): void => undefined
  const turn = (): void => {
    cancel = clock.after(ms, turn)
    task()
  }
  cancel = clock.after(ms, turn)
  return () => cancel()
}

/** Gathers many requests into one run: at once when the last run is `ms` ago, else when that time is over. */
export function createThrottle(clock: Clock, ms: number, task: () => void): () => void {
  let lastAt = Number.NEGATIVE_INFINITY
  let isWaiting = false
  return () => {
    if (isWaiting) return
    isWaiting = true
    clock.after(Math.max(0, lastAt + ms - clock.now()), () => {
      isWaiting = false
      lastAt = clock.now()
      task()
    })
  }
}
