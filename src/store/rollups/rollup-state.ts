// How far rollups are: what the feed has brought, and up to where its windows are kept.

import { BEFORE_FIRST, type Millis, type Position } from '../../core/position.ts'
import type { RollupLevel } from '../../ports.ts'
import type { WindowAt } from '../telemetry/local-windows.ts'
import type { LedgerState } from './ledger.ts'

export type Through = Record<RollupLevel, Millis>

/**
 * Time from left to right; a reading's place decides what becomes of it:
 *
 *   marks its hour dirty │ is found in the raw readings │ goes into the open minute │ marks its hour dirty
 *   ──────────────── sealedTo ─────────────────────── coldTo ──────────────── feed + AHEAD_MS ──────────▶
 */
export interface RollupState {
  /** Readings up to here have been taken. */
  position: Position
  /** Time of the feed. */
  at: Millis
  /** False: nothing has ever been kept, and time has not begun. */
  hasBegun: boolean
  readonly through: Through
  /** Minutes before this are closed, or being closed. */
  sealedTo: Millis
  /** Minutes before this may have readings that were never seen here. */
  coldTo: Millis
  /** End of the newest minute with a reading. */
  newestTo: Millis
  /** No window begins earlier. */
  begun: Millis
}

export const MINUTE_MS = 60_000
export const DAY_MS = 86_400_000

/**
 * Readings further ahead of the feed than this are not expected, and marked as if they had come late. So the readings of a restart's
 * past lie before a known moment, however wrong a clock was.
 */
export const AHEAD_MS = 3_600_000

/** Where a former process stopped. */
export function stateFrom(ledger: LedgerState): RollupState {
  return {
    position: ledger.position,
    at: ledger.at,
    hasBegun: true,
    through: { ...ledger.through },
    sealedTo: ledger.through['1m'],
    coldTo: ledger.openTo,
    newestTo: ledger.openTo,
    begun: ledger.begun ?? ledger.through['1d'],
  }
}

/** When the oldest and the newest reading were measured, to the day: `from` is not later, `to` hardly earlier. */
export interface Extent {
  readonly from: Millis
  readonly to: Millis
}

/** The beginning; over readings that a store has kept without rollups it is that of their first day. */
export function newState(extent: Extent | null, windowAt: WindowAt): RollupState {
  const state: RollupState = {
    position: BEFORE_FIRST,
    at: Number.NEGATIVE_INFINITY,
    hasBegun: false,
    through: { '1m': 0, '1h': 0, '1d': 0 },
    sealedTo: 0,
    coldTo: 0,
    newestTo: 0,
    begun: Number.POSITIVE_INFINITY,
  }
  if (extent !== null) beginOver(state, extent, windowAt)
  return state
}

/** Begins where the readings begin that a store has kept; all of them are still to be found there. */
export function beginOver(state: RollupState, extent: Extent, windowAt: WindowAt): void {
  // None of its readings was measured before, but those of its last day may follow.
  beginAt(state, windowAt('1d', Math.max(0, extent.from)).start, windowAt)
  state.coldTo = Math.ceil((extent.to + DAY_MS) / MINUTE_MS) * MINUTE_MS
  state.newestTo = state.coldTo
}

/** Nothing is kept before the hour of `at`: readings of earlier hours count as late. */
export function beginAt(state: RollupState, at: Millis, windowAt: WindowAt): void {
  const { start } = windowAt('1h', at)
  state.through['1m'] = start
  state.through['1h'] = start
  state.through['1d'] = windowAt('1d', start).start
  state.sealedTo = start
  state.begun = start
  state.hasBegun = true
}

/** Moves hours and days back to where windows of the time zone begin; true when they had to be, so the zone is another one now. */
export function alignTo(state: RollupState, windowAt: WindowAt): boolean {
  const { through } = state
  const hour = windowAt('1h', through['1h']).start
  const day = windowAt('1d', Math.min(through['1d'], hour)).start
  const isOther = hour !== through['1h'] || day !== through['1d']
  through['1h'] = hour
  through['1d'] = day
  return isOther
}
