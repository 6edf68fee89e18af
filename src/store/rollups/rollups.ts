// Keeps windows of one minute, one local hour and one local day beside the raw readings. Minutes are built from the readings as they
// are written; whatever is not plain (late, out of order, twice, open at a crash) is worked out from the raw readings.
//
//   took ──▶ open minutes ──(end + grace has passed)──▶ 1m ──▶ 1h ──▶ 1d     each level from the one below
//     └────▶ dirty hours ──────(raw readings)─────────▶ 1m, 1h ──▶ dirty days ──▶ 1d

import { metricsOf, type DeviceType } from '../../core/device-type.ts'
import type { Reading } from '../../core/messages/reading.ts'
import { BEFORE_FIRST, type Millis, type Position } from '../../core/position.ts'
import {
  TelemetryUnavailable,
  type TelemetryLevel,
  type TelemetryStatus,
  type TelemetryStore,
} from '../../ports.ts'
import type { WindowAt } from '../telemetry/local-windows.ts'
import type { RollupProgress } from '../telemetry/progress.ts'
import { createCloseWindows, type Probes } from './close-windows.ts'
import { createDirtyMarks } from './dirty-marks.ts'
import { createFilledSpans } from './filled-spans.ts'
import { checkZone } from './kept-zone.ts'
import { openLedger, type Ledger } from './ledger.ts'
import { createLosses, earlier } from './losses.ts'
import { createMakeWindows } from './make-windows.ts'
import { createOpenWindows } from './open-windows.ts'
import { createRedoWindows } from './redo-windows.ts'
import { createRefusedSpans, type RefusedSpan } from './refused-spans.ts'
import {
  AHEAD_MS,
  alignTo,
  beginAt,
  beginOver,
  DAY_MS,
  MINUTE_MS,
  newState,
  stateFrom,
  type Extent,
} from './rollup-state.ts'
import { staleSpans } from './stale-spans.ts'

export interface RollupsOptions {
  readonly store: TelemetryStore
  /** The ledger. */
  readonly file: string
  readonly types: readonly DeviceType[]
  readonly windowAt: WindowAt
  /** Its name. Absent: nobody changes it. */
  readonly timeZone?: string
  /** How long after its end a minute waits for late readings, by the time of the feed. Default 2 min. */
  readonly graceMs?: number
  /** Raw readings of the type are whole from here on. Default: all are. Asked while working only. */
  readonly rawKeptSince?: (type: string) => Millis
  /** The same of its hours. */
  readonly hoursKeptSince?: (type: string) => Millis
  /** The same of its minutes. */
  readonly minutesKeptSince?: (type: string) => Millis
  /**
   * Readings up to here were journaled before this process, so a former one may have written them. Whether the store refused some of
   * them is not known any more: their minutes are worked out from what it has kept. Default: none were.
   */
  readonly journaledBefore?: Position
  readonly onProblem?: (message: string, detail: string) => void
  readonly bounds?: Partial<RollupBounds>
}

export interface RollupBounds {
  /** Numbers of eight bytes in open minutes; a minute that finds no room is worked out from raw when it closes. */
  readonly openNumbersMax: number
  /** Open minutes of all types; when there are more, all of them are worked out from raw. */
  readonly openWindowsMax: number
  /** Devices of one type that are told apart in open minutes. */
  readonly devicesMax: number
  /** Dirty devices in one hour or day of a type; beyond it all devices of the type are dirty there. */
  readonly dirtyDevicesMax: number
  /** Dirty devices over all hours and days; beyond it hours that get another one become dirty for all. */
  readonly dirtyMax: number
}

export interface Rollups extends RollupProgress {
  /** Notes what the store has just kept; call in order, after the write. Readings at positions taken before are skipped. Never throws. */
  took(readings: readonly Reading[], through: Position, at: Millis): void
  /**
   * Works off everything that is due, in slices that let others run; one at a time: a call during a run joins it and what became
   * due since is done too. Rejects when the store fails; nothing is lost, the next call goes on.
   */
  work(): Promise<void>
  /**
   * After this, a crash loses nothing up to the position taken. Call it each time the store's own `sync()` has resolved: windows put
   * since the call before last may not be on disk yet, so a restart makes them again. Throws when the ledger cannot be written.
   */
  sync(): void
  /** From when on the level has all of the type again, after a stranger has taken away what was older; 0: none did. */
  keptSince(level: TelemetryLevel, type: string): Millis
  readonly status: TelemetryStatus['rollups']
  /** Call it when no `work()` is under way. Saves nothing. */
  close(): void
}

const DEFAULT_BOUNDS: RollupBounds = {
  openNumbersMax: 32 * 1024 * 1024,
  openWindowsMax: 4_096,
  devicesMax: 1_000_000,
  dirtyDevicesMax: 1_000,
  dirtyMax: 200_000,
}

const GRACE_MS = 120_000
const NEVER = Number.POSITIVE_INFINITY

/** Opens or makes the ledger. Rejects when it cannot, and when hours are kept of another time zone; a store that is away is asked what it has by the first `work()` that finds it. */
export async function openRollups(options: RollupsOptions): Promise<Rollups> {
  const ledger = openLedger(options.file)
  try {
    const extent = ledger.state === null ? await extentOf(options.store) : null
    return createRollups(options, ledger, extent)
  } catch (error) {
    ledger.close()
    throw error
  }
}

async function extentOf(store: TelemetryStore): Promise<Extent | null | 'unknown'> {
  try {
    return await store.extent()
  } catch (error) {
    if (error instanceof TelemetryUnavailable) return 'unknown'
    throw error
  }
}

function createRollups(
  options: RollupsOptions,
  ledger: Ledger,
  extent: Extent | null | 'unknown',
): Rollups {
  const { store, windowAt, graceMs = GRACE_MS, onProblem = () => {} } = options
  const { journaledBefore = BEFORE_FIRST, timeZone = '' } = options
  const bounds = { ...DEFAULT_BOUNDS, ...options.bounds }
  const types = options.types.map(({ id }) => id)
  const kindsOf = new Map(
    options.types.map((type) => [
      type.id,
      { isCounter: metricsOf(type).map(({ kind }) => kind === 'counter') },
    ]),
  )
  const state =
    ledger.state === null
      ? newState(extent === 'unknown' ? null : extent, windowAt)
      : stateFrom(ledger.state)
  /** When the readings were measured that came before the store has said what it had; null: it has. */
  let unasked = extent === 'unknown' ? { from: NEVER, to: -NEVER } : null
  const until = state.through['1d']
  const isApart = state.hasBegun && alignTo(state, windowAt)
  if (ledger.zone !== null && timeZone !== '') {
    checkZone({ kept: ledger.zone, timeZone, windowAt, until, isApart })
    if (ledger.zone !== timeZone) ledger.setZone(timeZone)
  }
  const refused = createRefusedSpans({
    spans: ledger.refused(),
    now: () => state.at,
    stateSince: () => store.state().since,
    keep: (span) => ledger.refuse(span),
  })
  const marks = createDirtyMarks({
    devicesMax: bounds.dirtyDevicesMax,
    marksMax: bounds.dirtyMax,
    marks: ledger.marks().map((mark) => {
      const span = windowAt(mark.level, mark.start)
      return { ...mark, start: span.start, reach: mark.level === '1h' ? span.end : span.start }
    }),
  })
  const windows = createOpenWindows({
    kindsOf,
    numbersMax: bounds.openNumbersMax,
    devicesMax: bounds.devicesMax,
  })
  const filled = createFilledSpans(windowAt, {
    '1h': state.hasBegun ? state.through['1m'] : 0,
    '1d': state.hasBegun ? state.through['1h'] : 0,
  })
  const probes: Probes = new Map()
  const spanOf = (level: RefusedSpan['level'], start: Millis) =>
    windowAt(level === '1d' ? '1d' : '1h', start).start
  const isRefused = (level: RefusedSpan['level'], type: string, start: Millis) =>
    refused.any(level, type) && refused.has(level, type, spanOf(level, start))
  const make = createMakeWindows({
    store,
    kindsOf,
    onPut(level, type, start) {
      filled.put(level, type, start)
      if (level !== '1m' && ledger.zone === null) ledger.setZone(timeZone)
    },
    isRefused,
    onRefused: (level, type, start) => refused.add({ level, type, start: spanOf(level, start) }),
  })
  const losses = createLosses({
    store,
    ledger,
    state,
    types,
    windowAt,
    retained: {
      ...(options.rawKeptSince && { raw: options.rawKeptSince }),
      ...(options.minutesKeptSince && { '1m': options.minutesKeptSince }),
      ...(options.hoursKeptSince && { '1h': options.hoursKeptSince }),
    },
    onSetBack(levels, before) {
      for (const level of levels) if (level !== 'raw') refused.forget(level)
      // What stands may be of a former process; what is made again is put by this one, but for the first day's hours.
      filled.restart({ '1h': before['1m'], '1d': before['1h'] })
      probes.clear()
      safe = { ...safe, through: earlier(safe.through, state.through) }
      return safe.through
    },
    onProblem,
  })
  const rawKeptSince = (type: string) => losses.wholeSince('raw', type)
  const hoursKeptSince = (type: string) => losses.wholeSince('1h', type)
  const parts = { state, store, types, windowAt, windows, marks, make, filled, probes }
  const close = createCloseWindows({ ...parts, rawKeptSince, isRefused, onProblem })
  const redo = createRedoWindows({ ...parts, rawKeptSince, hoursKeptSince, onProblem })
  /** Windows up to here are on disk once the store has synced again, and so is what marks finished by this moment were about. */
  let safe = { through: { ...state.through }, moment: marks.moment }
  let running: Promise<void> | null = null
  let isAskedAgain = false

  function markHour(reading: Reading, ts: Millis, minute: Millis): void {
    const { start } = windowAt('1h', ts)
    if (start < state.begun) state.begun = start
    marks.add('1h', reading.type, start, reading.device, minute + MINUTE_MS)
  }

  function take(reading: Reading, horizon: Millis): void {
    const ts = Math.floor(reading.ts)
    if (!Number.isFinite(ts)) return
    const minute = ts - (ts % MINUTE_MS)
    if (minute < state.sealedTo || minute >= horizon) {
      markHour(reading, ts, minute)
      return
    }
    if (minute >= state.newestTo) state.newestTo = minute + MINUTE_MS
    if (reading.position <= journaledBefore)
      state.coldTo = Math.max(state.coldTo, minute + MINUTE_MS)
    if (minute < state.coldTo) probes.delete(reading.type)
    else windows.add(reading.type, reading.device, minute, ts, reading.values, reading.simulated)
  }

  /** Begins over what the store has: all of it is found in the raw readings. */
  async function askExtent(): Promise<void> {
    const kept = await store.extent()
    const from = Math.min(unasked?.from ?? NEVER, kept?.from ?? NEVER)
    const to = Math.max(unasked?.to ?? -NEVER, kept?.to ?? -NEVER)
    unasked = null
    if (from > to) return
    beginOver(state, { from, to }, windowAt)
    safe = { ...safe, through: { ...state.through } }
  }

  /** Those that are to be tried again are dirty from now on. */
  function retryRefused(): boolean {
    const spans = refused.release()
    for (const { level, type, start } of spans)
      marks.add(level === '1d' ? '1d' : '1h', type, start, null, start)
    return spans.length > 0
  }

  async function workOnce(): Promise<void> {
    if (unasked !== null) await askExtent()
    if (!state.hasBegun) return
    const errors: unknown[] = []
    let isMore: boolean
    do {
      if (losses.any) await losses.take()
      const due = Math.floor((state.at - graceMs) / MINUTE_MS) * MINUTE_MS
      await close.minutes(due)
      const isUpToDate = state.through['1m'] >= due
      const isRetried = isUpToDate && errors.length === 0 && retryRefused()
      // Before the hour is closed, so that it is made once; and not at every hour of a long time that is made up for.
      if (isUpToDate) errors.push(...(await redo.hours()))
      const hasMoreHours = await close.hoursAndDays()
      if (isRetried) errors.push(...(await redo.days()))
      isMore = !isUpToDate || hasMoreHours || (isRetried && errors.length === 0)
    } while (isMore)
    errors.push(...(await redo.days()))
    if (errors.length > 0) throw errors[0]
  }

  async function run(): Promise<void> {
    try {
      do {
        isAskedAgain = false
        await workOnce()
      } while (isAskedAgain)
    } finally {
      running = null
      isAskedAgain = false
    }
  }

  return {
    took(readings, through, at) {
      if (at > state.at) state.at = at
      if (unasked !== null) {
        for (const { ts } of readings) {
          unasked.from = Math.min(unasked.from, Math.floor(ts))
          unasked.to = Math.max(unasked.to, Math.floor(ts))
        }
        return
      }
      if (!state.hasBegun) {
        beginAt(state, at, windowAt)
        // Nothing was kept before.
        safe = { ...safe, through: { ...state.through } }
      }
      const horizon = state.at - (state.at % MINUTE_MS) + AHEAD_MS
      // Everything seen before was within its own horizon, which lay earlier.
      if (state.coldTo > horizon) state.coldTo = horizon
      if (state.newestTo > horizon) state.newestTo = horizon
      if (through <= state.position) return
      for (const reading of readings)
        if (reading.position > state.position && kindsOf.has(reading.type)) take(reading, horizon)
      state.position = through
      if (windows.count <= bounds.openWindowsMax) return
      state.coldTo = Math.max(state.coldTo, state.newestTo)
      for (const type of types) windows.release(type, state.newestTo)
    },
    work() {
      if (running === null) running = run()
      else isAskedAgain = true
      return running
    },
    sync() {
      if (!state.hasBegun) return
      const now = { through: { ...state.through }, moment: marks.moment }
      marks.settle(safe.moment)
      const { changes, keep } = marks.changes()
      const openTo = Math.max(state.coldTo, state.newestTo)
      try {
        const { position, at, begun } = state
        ledger.save(
          { position, at, openTo, through: safe.through, begun },
          changes,
          refused.released(),
        )
      } catch (error) {
        keep()
        throw error
      }
      safe = now
      ledger.sync()
    },
    through: (level) => losses.through(level),
    keptSince: (level, type) => losses.keptSince(level, type),
    stale: (level, type, devices, from, to) =>
      staleSpans({
        marks,
        refused,
        windowAt,
        level,
        type,
        devices,
        from,
        to: Math.min(to, losses.through(level)),
      }),
    get status() {
      // Before the first reading the feed has no time, and the newest that is kept is known to the day.
      const newest = state.at < 0 ? state.newestTo - DAY_MS : Math.min(state.newestTo, state.at)
      const through = losses.through('1m')
      return {
        through,
        lagMs: state.hasBegun ? Math.max(0, newest - through) : 0,
        dirty: marks.count + refused.count,
      }
    },
    close: () => ledger.close(),
  }
}
