// Token buckets per client id, and the waiting line of one connection whose bucket is empty.

import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'

export interface Bucket {
  take(): boolean
}

/** Buckets outlive connections, so that reconnecting buys nothing; the oldest are forgotten beyond `entriesMax`. */
export function createBuckets(options: {
  readonly clock: Clock
  readonly perSecond: number
  readonly burst: number
  readonly entriesMax: number
}): (key: string) => Bucket {
  const buckets = new Map<string, Bucket>()
  return (key) => {
    const known = buckets.get(key)
    // Moved to the end, so that the first entry is always the longest unused one.
    buckets.delete(key)
    const bucket = known ?? createBucket(options.clock, options.perSecond, options.burst)
    buckets.set(key, bucket)
    if (buckets.size > options.entriesMax) {
      const oldest = buckets.keys().next()
      if (oldest.done !== true) buckets.delete(oldest.value)
    }
    return bucket
  }
}

function createBucket(clock: Clock, perSecond: number, burst: number): Bucket {
  let tokens = burst
  let filledAt: Millis = clock.now()
  return {
    take() {
      const now = clock.now()
      const elapsedMs = Math.max(0, now - filledAt)
      filledAt = now
      tokens = Math.min(burst, tokens + (elapsedMs * perSecond) / 1_000)
      if (tokens < 1) return false
      tokens--
      return true
    },
  }
}

interface Turn {
  run(): void
  /** Called instead of `run` when the connection ends first. */
  drop(): void
}

export interface Line {
  /** Runs at once when there is a token and nobody waits, otherwise in order when its token comes. */
  wait(turn: Turn): void
  /** One token, now or not at all. */
  tryNow(): boolean
  close(): void
}

const RETRY_MS = 5

/** Order is kept: a turn never overtakes an earlier one. The caller bounds how many may wait. */
export function createLine(bucket: Bucket, clock: Clock): Line {
  let waiting: Turn[] = []
  let cancel: (() => void) | null = null

  function release(): void {
    cancel = null
    while (waiting.length > 0 && bucket.take()) waiting.shift()?.run()
    if (waiting.length > 0) cancel ??= clock.after(RETRY_MS, release)
  }

  return {
    wait(turn) {
      if (waiting.length === 0 && bucket.take()) {
        turn.run()
        return
      }
      waiting.push(turn)
      cancel ??= clock.after(RETRY_MS, release)
    },
    tryNow: () => waiting.length === 0 && bucket.take(),
    close() {
      cancel?.()
      cancel = null
      const left = waiting
      waiting = []
      for (const turn of left) turn.drop()
    },
  }
}
