// Many things that fall due, on one timer: a binary heap by time, first in first out among equals.

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
  const heap: Entry<T>[] = []
  let ordinal = 0
  let closed = false
  let timer: { readonly at: Millis; readonly cancel: () => void } | null = null

  function arm(): void {
    const first = heap[0]
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
    for (let first = heap[0]; first !== undefined && first.at <= now; first = heap[0]) {
      pop(heap)
      if (closed) return
      run(first.item)
    }
    arm()
  }

  return {
    add(at, item) {
      push(heap, { at, ordinal, item })
      ordinal += 1
      arm()
    },
    get size() {
      return heap.length
    },
    close() {
      closed = true
      timer?.cancel()
      heap.length = 0
    },
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.ordinal < b.ordinal)
}

function push<T>(heap: Entry<T>[], entry: Entry<T>): void {
  let at = heap.length
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up]
    if (parent === undefined || before(parent, entry)) break
    heap[at] = parent
    at = up
  }
  heap[at] = entry
}

function pop<T>(heap: Entry<T>[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    const child = left !== undefined && right !== undefined && before(right, left) ? right : left
    if (child === undefined || before(last, child)) break
    heap[at] = child
    at = child === left ? 2 * at + 1 : 2 * at + 2
  }
  heap[at] = last
}
