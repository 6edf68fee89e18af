// Plays messages in time order against a target, as fast as it goes or at a pace held against the wall clock.

import { yieldToLoop } from '../src/clock.ts'
import type { Millis } from '../src/core/position.ts'
import type { Clock } from '../src/ports.ts'
import type { Message } from './device-model.ts'
import type { Target } from './target.ts'

export interface PlayOptions {
  readonly messages: Iterable<Message>
  readonly target: Target
  readonly start: Millis
  readonly end: Millis
  /** Story seconds per wall second; null: as fast as it goes. */
  readonly speed: number | null
  readonly wall: Clock
  readonly signal: AbortSignal
  /** Called about once a second of wall time. */
  readonly onProgress: (progress: Progress) => void
}

export interface Progress {
  readonly at: Millis
  /** Share of the story that is done. */
  readonly done: number
  readonly messages: number
  /** Reached since the start, in story seconds per wall second. */
  readonly speed: number
}

/** Messages between two looks at the wall clock. */
const LOOK_EVERY = 256
/** Sleeping for less than this costs more than it is worth. */
const NAP_MS = 5
/** A pace is held in steps of this at most, so that an abort is heard. */
const NAP_MAX_MS = 250

/** Ends early when the signal aborts. Errors of the target come through. */
export async function play(options: PlayOptions): Promise<void> {
  const { target, wall, start, end, speed, signal } = options
  const wallStart = wall.now()
  let toldAt = wallStart
  let messages = 0

  function tell(at: Millis): void {
    const now = wall.now()
    if (now - toldAt < 1000) return
    toldAt = now
    options.onProgress({
      at,
      done: (at - start) / (end - start),
      messages,
      speed: (at - start) / (now - wallStart),
    })
  }

  async function keepPace(at: Millis): Promise<void> {
    if (speed === null) return
    const due = wallStart + (at - start) / speed
    while (!signal.aborted && due - wall.now() > NAP_MS) {
      await nap(wall, Math.min(due - wall.now(), NAP_MAX_MS))
      tell(Math.min(at, start + (wall.now() - wallStart) * speed))
    }
  }

  for (const message of options.messages) {
    if (signal.aborted) return
    await keepPace(message.at)
    await target.reach(message.at)
    target.publish(message)
    messages += 1
    if (messages % LOOK_EVERY === 0) {
      tell(message.at)
      // Story time never waits for the loop by itself: let signals and sockets have their turn.
      await yieldToLoop()
    }
  }
  await keepPace(end)
  if (!signal.aborted) await target.reach(end)
}

function nap(wall: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    wall.after(ms, resolve)
  })
}
