// Follows the journal on the engine thread: records in, effects into the stores, reports out. Knows no thread and no file.
//
//   chunk ─▶ pipeline ─▶ effects ─┬─ readings ──────────▶ telemetry writer (own cursor)
//                                 ├─ state, outcomes ───▶ state store, at once, then reported
//                                 └─ latest values ─────▶ state store, gathered for `latestMs`

import type { Effect, Latest } from '../core/effect.ts'
import type { Outcome } from '../core/input.ts'
import { later, type Position } from '../core/position.ts'
import type { Reply } from '../core/messages/reading.ts'
import { frameEnd, readRecord } from '../core/messages/record.ts'
import type { Clock, PlacedEffect, StateStore, TelemetrySink } from '../ports.ts'
import type { TailItem } from './message-of.ts'
import type { Report } from './messages.ts'
import type { Pipeline } from './pipeline.ts'
import { changesOf } from './report-changes.ts'
import { createRegistryPast, type PastDevice } from './registry-past.ts'
import { readingsOf } from './reread.ts'
import type { Snapshots } from './snapshots.ts'
import { createTelemetryWriter } from './telemetry-writer.ts'
import { within } from './within.ts'

export interface RunnerOptions {
  readonly pipeline: Pipeline
  readonly state: StateStore
  readonly telemetry: TelemetrySink
  /** Where the telemetry store was complete at the last snapshot. */
  readonly telemetryPosition: Position
  /** Names the store in snapshots. */
  readonly telemetryStore: string
  /**
   * Accepted readings that a former store keeps. Null: the store is new to this journal and takes what the journal still has; what is
   * then missing is elsewhere.
   */
  readonly telemetryElsewhere: number | null
  /** Changes of the registry since then, as the snapshot has kept them. */
  readonly registryPast: readonly PastDevice[]
  readonly snapshots: Snapshots
  /** The committed journal after a position. */
  readonly readJournal: (after: Position, through: Position) => Iterable<TailItem>
  readonly clock: Clock
  readonly report: (report: Report) => void
  readonly onSnapshot: (needed: Position) => void
  readonly onProblem: (message: string, detail: string) => void
  readonly snapshotEveryMs: number
  readonly latestMs?: number
  readonly settleMs?: number
  /**
   * Readings that wait for the telemetry store beyond which `room` waits too: for a store of this machine, which is slow only when all
   * of it is. Null: a slow store holds up nothing, and what it misses is read from the journal later.
   */
  readonly telemetryHold?: number | null
}

export interface Runner {
  /** Brings the engine from its snapshot to `through`; call once, before the first chunk. */
  recover(through: Position): Promise<void>
  consume(chunk: Buffer, first: Position, count: number): void
  /** Resolves when there is room for the next chunk; null: there is. */
  room(): Promise<void> | null
  snapshot(): Promise<void>
  /** A snapshot after which only the newest one counts: for a journal that is full and waits to delete what was consumed. */
  makeRoom(): Promise<void>
  /** Applies everything, takes a last snapshot and closes the stores. */
  close(): Promise<void>
}

/** While a telemetry store lags, memory of effects is bounded by applying them at least this often. */
const EFFECTS_MAX = 5_000
/** Effects that may wait for a state store that fails; beyond them the thread ends, and the next start recovers. */
const WAITING_MAX = 100_000
const RETRY_MS = 1_000
/** A write that takes longer is ended by closing the store: what it had is read from the journal at the next start. */
const CLOSE_MS = 2_000
/** Replies that may wait for the next report; whoever gets none sends its message again. */
const REPLIES_MAX = 10_000

export function createRunner(options: RunnerOptions): Runner {
  const { pipeline, state, clock, latestMs = 500, settleMs = 20, telemetryHold = null } = options
  const { engine } = pipeline
  let placed: PlacedEffect[] = []
  let outcomes: [Position, Outcome][] = []
  let replies: Reply[] = []
  let isLive = false
  let dirty = new Set<string>()
  let latestAt = 0
  let snapshotAt = clock.now()
  let snapshotPosition = pipeline.position
  let neededByOlder = options.telemetryPosition
  let elsewhere = options.telemetryElsewhere
  /** What the snapshot under way says of the telemetry store: what comes after may have to be read again. */
  let snapshotTelemetry: Position | null = null
  let isFailing = false
  let isClosed = false
  let cancelSettle: (() => void) | null = null
  let busy: Promise<void> = Promise.resolve()

  const registryPast = createRegistryPast({
    devices: engine.devices(),
    past: options.registryPast,
  })
  const writer = createTelemetryWriter({
    store: options.telemetry,
    clock,
    position: options.telemetryPosition,
    through: pipeline.position,
    at: engine.now,
    reread: (after) =>
      readingsOf(
        options.readJournal(after, pipeline.position),
        { registry: registryPast, joins: pipeline.joins },
        (id) => engine.typeNamed(id),
      ),
    onError: (error, waitMs) =>
      options.onProblem('telemetry store failed', `${String(error)}; next try in ${waitMs} ms`),
    onWritten() {
      if (!isFailing && !isClosed) cancelSettle ??= clock.after(latestMs, () => settle(true))
    },
    onBehind: () =>
      options.onProblem(
        'telemetry store behind',
        'the queue is full; missing readings will be read from the journal',
      ),
  })

  function emit(effect: Effect): void {
    if (effect.kind === 'reading') {
      writer.offer(effect.reading)
      dirty.add(effect.reading.device)
    } else if (effect.kind === 'outcome') outcomes.push([effect.position, effect.outcome])
    else if (effect.kind === 'reply') {
      if (isLive && replies.length < REPLIES_MAX) replies.push(effect.reply)
    } else {
      placed.push({ position: pipeline.position, effect })
      if (effect.kind === 'device')
        registryPast.changed(effect.device.id, effect.device, pipeline.position)
      else if (effect.kind === 'device_removed') {
        dirty.delete(effect.id)
        registryPast.changed(effect.id, null, pipeline.position)
      } else if (effect.kind === 'quarantine' && effect.item.device !== null)
        // Also of a message that is refused whole the device's clock is known.
        dirty.add(effect.item.device)
    }
  }

  /** Applies what has gathered and tells the main thread; false when the state store took nothing. */
  function settle(withLatest: boolean): boolean {
    cancelSettle?.()
    cancelSettle = null
    const latest = withLatest ? latestOf(dirty) : []
    if (withLatest) {
      dirty = new Set()
      latestAt = clock.now()
    }
    const effects = placed
    const answers = outcomes
    try {
      state.apply(effects, latest, pipeline.position)
    } catch (error) {
      for (const { device } of latest) dirty.add(device)
      postpone(error)
      return false
    }
    isFailing = false
    placed = []
    outcomes = []
    const told = replies
    replies = []
    options.report(reportOf(effects, answers, told, latest))
    return true
  }

  /** The state store takes nothing, perhaps the disk is full: effects wait, within bounds, and are applied together. */
  function postpone(error: unknown): void {
    if (placed.length > WAITING_MAX) throw error
    isFailing = true
    if (isClosed) {
      options.onProblem('state store failed', `${String(error)}; the next start recovers`)
      return
    }
    options.onProblem('state store failed', `${String(error)}; next try in ${RETRY_MS} ms`)
    cancelSettle = clock.after(RETRY_MS, () => settle(true))
  }

  function latestOf(devices: ReadonlySet<string>): Latest[] {
    const found: Latest[] = []
    for (const id of devices) {
      const latest = engine.latest(id)
      if (latest !== undefined) found.push(latest)
    }
    return found
  }

  function reportOf(
    effects: readonly PlacedEffect[],
    answers: readonly [Position, Outcome][],
    told: readonly Reply[],
    latest: readonly Latest[],
  ): Report {
    const kept = options.telemetry.counts()
    const isBehind = writer.behind || writer.failing || !writer.hasWritten
    if (elsewhere === null && !isBehind) {
      const here = kept.stored + kept.duplicate + kept.refused + writer.queued
      elsewhere = Math.max(0, pipeline.counts.accepted - here)
    }
    return {
      consumed: pipeline.position,
      consumedAt: engine.now,
      telemetry: writer.position,
      // Of a write that failed half way, nobody here knows how much was written.
      telemetryBehind: isBehind,
      telemetryQueued: writer.queued,
      snapshot: snapshotPosition,
      counts: { ...pipeline.counts },
      ...kept,
      stored: kept.stored + (elsewhere ?? 0),
      outcomes: answers,
      replies: told,
      ...changesOf(effects, latest),
    }
  }

  function afterChunk(): void {
    const now = clock.now()
    pipeline.joins.forget(snapshotTelemetry ?? writer.position)
    const isUrgent = placed.length > 0 || outcomes.length > 0 || replies.length > 0
    if (isUrgent && !isFailing) settle(now - latestAt >= latestMs)
    else
      cancelSettle ??= clock.after(now - latestAt >= latestMs ? settleMs : latestMs, () =>
        settle(true),
      )
    if (now - snapshotAt >= options.snapshotEveryMs) {
      snapshotAt = now
      void takeSnapshot()
    }
  }

  function takeSnapshot(): Promise<void> {
    busy = busy.then(async () => {
      try {
        await writer.flush()
        const telemetry = writer.position
        snapshotTelemetry = telemetry
        await options.telemetry.sync()
        // From here on nothing else runs on this thread, so state and snapshot are one cut, and both are behind what is synced.
        if (!settle(true)) throw new Error('the state store is behind')
        state.sync()
        registryPast.forget(telemetry)
        options.snapshots.write({
          pipeline: pipeline.snapshot(),
          telemetry,
          telemetryStore: options.telemetryStore,
          telemetryElsewhere: elsewhere,
          registryPast: registryPast.list(),
        })
        snapshotPosition = pipeline.position
        // Two snapshots are kept, and the journal must reach back to the older one, should the newer be damaged.
        options.onSnapshot(neededByOlder)
        neededByOlder = telemetry
      } catch (error) {
        options.onProblem('snapshot failed', String(error))
      } finally {
        snapshotTelemetry = null
      }
    })
    return busy
  }

  return {
    async recover(through) {
      await writer.flush()
      /** A store that has not followed once holds up the start no longer: what it misses is read from the journal later. */
      let follows = true
      for (const item of options.readJournal(pipeline.position, through)) {
        if ('damaged' in item) pipeline.damaged(item.damaged, item.position, emit)
        else pipeline.consume(item.record, item.position, emit)
        writer.reached(pipeline.position, engine.now)
        if (placed.length >= EFFECTS_MAX) settle(false)
        if (follows && writer.queued >= EFFECTS_MAX) {
          await writer.flush()
          follows = writer.queued < EFFECTS_MAX
        }
      }
      writer.reached(pipeline.position, engine.now)
      await writer.flush()
      if (!settle(true)) throw new Error('Cannot recover: the state store took nothing')
    },
    consume(chunk, first, count) {
      isLive = true
      let offset = 0
      for (let index = 0; index < count; index++) {
        const position = later(first, index)
        if (position > pipeline.position)
          pipeline.consume(readRecord(chunk, offset), position, emit)
        offset = frameEnd(chunk, offset)
      }
      writer.reached(pipeline.position, engine.now)
      afterChunk()
    },
    room() {
      const isFull = telemetryHold !== null && writer.queued > telemetryHold
      return isFull && !writer.failing && !writer.behind ? writer.settled() : null
    },
    snapshot: takeSnapshot,
    async makeRoom() {
      // While the journal holds, no record comes that would lead to the next snapshot.
      await takeSnapshot()
      options.onSnapshot(neededByOlder)
    },
    async close() {
      isClosed = true
      cancelSettle?.()
      cancelSettle = null
      settle(true)
      await takeSnapshot()
      await within(clock, CLOSE_MS, writer.close())
      await options.telemetry.close()
      state.close()
    },
  }
}
