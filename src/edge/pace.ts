// Token buckets per client id, and the waiting line of one connection whose bucket is empty.

import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'
import { putLatest } from './put-latest.ts'

export interface Bucket {
  /** One message of so many bytes. A message may overdraw the bytes; the next ones wait until they are paid back. */
  take(bytes: number): boolean
}

/** Buckets outlive connections, so that reconnecting buys nothing; the oldest are forgotten beyond `entriesMax`. */
export function createBuckets(options: {
  readonly clock: Clock
  readonly perSecond: number
  readonly burst: number
  /** What a message may weigh on average. */
  readonly bytesEach: number
  readonly entriesMax: number
}): (key: string) => Bucket {
  const buckets = new Map<string, Bucket>()
  return (key) => {
    const bucket = buckets.get(key) ?? createBucket(options)
    putLatest(buckets, key, bucket, options.entriesMax)
    return bucket
  }
}

function createBucket(options: {
  readonly clock: Clock
  readonly perSecond: number
  readonly burst: number
  readonly bytesEach: number
}): Bucket {
  const { clock, perSecond, burst, bytesEach } = options
  let tokens = burst
  let bytesLeft = burst * bytesEach
  let filledAt: Millis = clock.now()
  return {
    take(bytes) {
      const now = clock.now()
      // Most messages come within the millisecond of the one before.
      if (now !== filledAt) {
        const earned = (Math.max(0, now - filledAt) * perSecond) / 1_000
        filledAt = now
        tokens = Math.min(burst, tokens + earned)
        bytesLeft = Math.min(burst * bytesEach, bytesLeft + earned * bytesEach)
      }
      if (tokens < 1 || bytesLeft < 0) return false
      tokens--
      bytesLeft -= bytes
      return true
    },
  }
}

interface Turn {
  readonly bytes: number
  run(): void
  /** Called instead of `run` when the connection ends first. */
  drop(): void
}

export interface Line {
  /** Runs at once when there is a token and nobody waits, otherwise in order when its token comes. */
  wait(turn: Turn): void
  /** One token, now or not at all. */
  tryNow(bytes: number): boolean
  close(): void
}

const RETRY_MS = 5

/** Order is kept: a turn never overtakes an earlier one. The caller bounds how many may wait. */
export function createLine(bucket: Bucket, clock: Clock): Line {
  let waiting: Turn[] = []
  let cancel: (() => void) | null = null

  function release(): void {
    cancel = null
    for (let next = waiting[0]; next !== undefined && bucket.take(next.bytes); next = waiting[0]) {
      waiting.shift()
      next.run()
    }
    if (waiting.length > 0) cancel ??= clock.after(RETRY_MS, release)
  }

  return {
    wait(turn) {
      if (waiting.length === 0 && bucket.take(turn.bytes)) {
        turn.run()
        return
      }
      waiting.push(turn)
      cancel ??= clock.after(RETRY_MS, release)
    },
    tryNow: (bytes) => waiting.length === 0 && bucket.take(bytes),
    close() {
      cancel?.()
      cancel = null
      const left = waiting
      waiting = []
      for (const turn of left) turn.drop()
    },
  }
}
