// Many things that fall due, on one timer: a binary heap by time, first in first out among equals.

import { createHeap } from '../../src/core/time/heap.ts'
import type { Millis } from '../../src/core/position.ts'
import type { Clock } from '../../src/ports.ts'

export interface DueQueue<T> {
  add(at: Millis, item: T): void
  readonly size: number
  close(): void
}

interface Entry<T> {
  readonly at: Millis
  readonly ordinal: number
  readonly item: T
}

// Node fires a timer of more than 2^31 ms at once.
const STEP_MAX_MS = 3_600_000

export function createDueQueue<T>(clock: Clock, run: (item: T) => void): DueQueue<T> {
  const heap = createHeap<Entry<T>>(before)
  let ordinal = 0
  let closed = false
  let timer: { readonly at: Millis; readonly cancel: () => void } | null = null

  function arm(): void {
    const first = heap.peek()
    if (closed || timer?.at === first?.at) return
    timer?.cancel()
    timer = null
    if (first === undefined) return
    const ms = Math.min(Math.max(0, first.at - clock.now()), STEP_MAX_MS)
    timer = { at: first.at, cancel: clock.after(ms, ring) }
  }

  function ring(): void {
    timer = null
    const now = clock.now()
    for (let first = heap.peek(); first !== undefined && first.at <= now; first = heap.peek()) {
      heap.pop()
      if (closed) return
      run(first.item)
    }
    arm()
  }

  return {
    add(at, item) {
      heap.push({ at, ordinal, item })
      ordinal += 1
      arm()
    },
    get size() {
      return heap.size
    },
    close() {
      closed = true
      timer?.cancel()
      heap.clear()
    },
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.ordinal < b.ordinal)
}
