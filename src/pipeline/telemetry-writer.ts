// Brings accepted readings to the telemetry store, with a cursor of its own: a store that is slow, full or away never delays the
// engine. While it is away readings queue up; when the queue is full it is dropped, and what is missing is read from the journal
// again once the store is back.
//
//   live ──(queue full)──▶ behind ──(store answers, journal read up to the engine's place)──▶ live

import type { Position } from '../core/position.ts'
import type { Reading } from '../core/messages/reading.ts'
import type { Clock, TelemetryStore } from '../ports.ts'

export interface TelemetryWriterOptions {
  readonly store: TelemetryStore
  readonly clock: Clock
  /** Position up to which the store was known to be complete when the writer starts. */
  readonly position: Position
  /** The engine's place when the writer starts; what lies between is read from the journal first. */
  readonly through: Position
  /** Accepted readings of the journal after `after`, up to the engine's place, in batches in order. */
  readonly reread: (
    after: Position,
  ) => Iterable<{ readings: readonly Reading[]; through: Position }>
  readonly onError: (error: unknown, waitMs: number) => void
  /** The queue was full, readings will be read from the journal again. */
  readonly onBehind: (position: Position) => void
  readonly queueMax?: number
  readonly batchMax?: number
  readonly holdMs?: number
}

export interface TelemetryWriter {
  /** Everything at or before this position is in the store. */
  readonly position: Position
  /** Readings accepted and not yet in the store; while behind, those since then only. */
  readonly queued: number
  readonly behind: boolean
  offer(reading: Reading): void
  /** The engine has consumed everything up to `through`; writes when enough has gathered. */
  reached(through: Position): void
  /** Writes what is queued; resolves when it is written or the store has failed once. */
  flush(): Promise<void>
  close(): Promise<void>
}

const RETRY_MS_MAX = 30_000

export function createTelemetryWriter(options: TelemetryWriterOptions): TelemetryWriter {
  const { store, clock, queueMax = 100_000, batchMax = 4_096, holdMs = 20 } = options
  let position = options.position
  let through = options.through
  let queue: Reading[] = []
  let behind = position < through
  let failures = 0
  let closed = false
  let cancel: (() => void) | null = null
  let running: Promise<void> | null = null

  async function drain(): Promise<void> {
    while (behind || position < through) {
      try {
        if (behind) await catchUp()
        else await writeQueue()
        failures = 0
      } catch (error) {
        failures++
        const waitMs = Math.min(RETRY_MS_MAX, 250 * 2 ** Math.min(failures, 10))
        options.onError(error, waitMs)
        if (!closed) schedule(waitMs)
        return
      }
    }
  }

  async function writeQueue(): Promise<void> {
    const batch = queue
    const target = through
    queue = []
    try {
      await store.write(batch, target)
      position = target
    } catch (error) {
      queue = batch.concat(queue)
      throw error
    }
  }

  async function catchUp(): Promise<void> {
    for (const batch of options.reread(position)) {
      await store.write(batch.readings, batch.through)
      position = batch.through
      if (closed) return
    }
    // Nothing can have been consumed since the last batch was read unless a write yielded; then another round follows.
    if (position >= through) {
      behind = false
      queue = []
    }
  }

  function start(): Promise<void> {
    cancel?.()
    cancel = null
    running ??= drain().finally(() => {
      running = null
    })
    return running
  }

  function schedule(ms: number): void {
    cancel ??= clock.after(ms, () => {
      cancel = null
      void start()
    })
  }

  return {
    get position() {
      return position
    },
    get queued() {
      return queue.length
    },
    get behind() {
      return behind
    },
    offer(reading) {
      if (behind) return
      queue.push(reading)
      if (queue.length <= queueMax) return
      behind = true
      queue = []
      options.onBehind(position)
    },
    reached(next) {
      through = next
      if (failures > 0) return
      if (queue.length >= batchMax) void start()
      else if (queue.length > 0) schedule(holdMs)
      else if (!behind && running === null) position = next
    },
    async flush() {
      await start()
    },
    async close() {
      await start()
      closed = true
      cancel?.()
      cancel = null
      await running
    },
  }
}
