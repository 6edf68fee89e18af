// Brings accepted readings to the telemetry store, with a cursor of its own: a store that is slow, full or away never delays the
// engine. While it is away readings queue up; when the queue is full it is dropped, and what is missing is read from the journal
// again once the store is back.
//
//   live ──(queue full)──▶ behind ──(store answers, journal read up to where the queue begins again)──▶ live

import type { Millis, Position } from '../core/position.ts'
import type { Reading } from '../core/messages/reading.ts'
import { TelemetryUnavailable, type Clock, type TelemetrySink } from '../ports.ts'
import { within } from './within.ts'

export interface TelemetryWriterOptions {
  readonly store: TelemetrySink
  readonly clock: Clock
  /** Position up to which the store was known to be complete when the writer starts. */
  readonly position: Position
  /** The engine's place when the writer starts, and its time; what lies between is read from the journal first. */
  readonly through: Position
  readonly at: Millis
  /** Accepted readings of the journal after `after`, up to the engine's place, in batches in order. */
  readonly reread: (
    after: Position,
  ) => Iterable<{ readings: readonly Reading[]; through: Position; at: Millis }>
  readonly onError: (error: unknown, waitMs: number) => void
  /** Readings were written: the counts have changed. */
  readonly onWritten?: () => void
  /** The queue was full, readings will be read from the journal again. */
  readonly onBehind: (position: Position) => void
  readonly queueMax?: number
  readonly batchMax?: number
  readonly holdMs?: number
  /** How often a store that gets no readings hears how late it is. */
  readonly tellMs?: number
}

export interface TelemetryWriter {
  /** Everything at or before this position is in the store. */
  readonly position: Position
  /** Readings accepted and not yet in the store; while behind, those since then only. */
  readonly queued: number
  readonly behind: boolean
  /** A write has succeeded since the start: until then the store may have counted what is queued, before the process was killed. */
  readonly hasWritten: boolean
  /** The last write failed. */
  readonly failing: boolean
  offer(reading: Reading): void
  /** The engine has consumed everything up to `through`, received up to `at`; writes when enough has gathered. */
  reached(through: Position, at: Millis): void
  /** Writes what is queued; resolves when it is written, the store has failed once, or after `FLUSH_MS`. A store that has failed is left to its next try. */
  flush(): Promise<void>
  /** Resolves when the write under way, if any, has ended this way or that. */
  settled(): Promise<void>
  close(): Promise<void>
}

const RETRY_MS_MAX = 30_000

/** Nobody waits longer for a store: it goes on by itself. */
const FLUSH_MS = 1_000

/** However long a server asks us to wait. */
const RETRY_AFTER_MS_MAX = 600_000

export function createTelemetryWriter(options: TelemetryWriterOptions): TelemetryWriter {
  const {
    store,
    clock,
    queueMax = 100_000,
    batchMax = 4_096,
    holdMs = 100,
    tellMs = 5_000,
  } = options
  let position = options.position
  let through = options.through
  let at = options.at
  let toldAt = options.at
  let queue: Reading[] = []
  /** Readings in the write under way. */
  let underWay = 0
  /** Behind, and the journal is read up to where the queue begins: what comes meanwhile need not be read again. */
  let resuming = false
  let behind = position < through
  let hasWritten = false
  let failures = 0
  let closed = false
  let cancel: (() => void) | null = null
  let running: Promise<void> | null = null

  async function drain(): Promise<void> {
    while (behind || position < through) {
      if (behind && closed) return
      try {
        if (behind) await catchUp()
        else await writeQueue()
        failures = 0
      } catch (error) {
        failures++
        const backoffMs = Math.min(RETRY_MS_MAX, 250 * 2 ** Math.min(failures, 10))
        const askedMs = error instanceof TelemetryUnavailable ? (error.retryAfterMs ?? 0) : 0
        const waitMs = Math.max(backoffMs, Math.min(RETRY_AFTER_MS_MAX, askedMs))
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
    underWay = batch.length
    toldAt = at
    try {
      await store.write(batch, target, at)
      hasWritten = true
      position = target
      if (batch.length > 0) options.onWritten?.()
    } catch (error) {
      if (!behind) queue = batch.concat(queue)
      throw error
    } finally {
      underWay = 0
    }
  }

  async function catchUp(): Promise<void> {
    const upTo = through
    queue = []
    resuming = true
    try {
      for (const batch of options.reread(position)) {
        await store.write(batch.readings, batch.through, batch.at)
        hasWritten = true
        position = batch.through
        options.onWritten?.()
        if (closed) return
      }
      if (!resuming) return
      position = upTo
      behind = false
    } finally {
      if (behind) queue = []
      resuming = false
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
      return queue.length + underWay
    },
    get behind() {
      return behind
    },
    get hasWritten() {
      return hasWritten
    },
    get failing() {
      return failures > 0
    },
    offer(reading) {
      if (behind && !resuming) return
      queue.push(reading)
      if (queue.length <= queueMax) return
      queue = []
      resuming = false
      if (behind) return
      behind = true
      options.onBehind(position)
    },
    reached(next, nextAt) {
      through = next
      at = nextAt
      if (failures > 0) return
      if (queue.length >= batchMax) void start()
      else if (queue.length > 0) schedule(holdMs)
      else if (at - toldAt >= tellMs) void start()
      else if (!behind && running === null) position = next
    },
    async flush() {
      const run = running ?? (failures > 0 ? null : start())
      if (run === null) return
      await within(clock, FLUSH_MS, run)
    },
    async settled() {
      await running
    },
    async close() {
      closed = true
      if (failures === 0 && !behind) await start()
      cancel?.()
      cancel = null
      await running
    },
  }
}
