// Where a reading stands among the others of its device: fresh or history, in order or not. Decides what may be judged, and keeps
// the latest values by event time.
//
// Event time is the device's word, bounded by the receive time: a clock that runs ahead by minutes must neither block the true
// readings that follow nor stand as "latest". The device's own word (`lastTs`) still tells a repetition from news.

import type { DeviceState } from './device-state.ts'
import type { Reading } from './messages/reading.ts'

export interface Placement {
  /** Young enough to act on, and not taken from quarantine. */
  readonly isFresh: boolean
  /** Fresh, and newer than everything judged before. */
  readonly isInOrder: boolean
}

const IN_ORDER: Placement = { isFresh: true, isInOrder: true }
const REPEATED: Placement = { isFresh: true, isInOrder: false }
const HISTORY: Placement = { isFresh: false, isInOrder: false }

/** Moves the device's marks and latest values, and says what may be done with the reading. */
export function place(state: DeviceState, reading: Reading): Placement {
  const { ts, receivedAt } = reading
  const at = ts < receivedAt ? ts : receivedAt
  // The second half: the last word lay in the future, and this one does not.
  const isNews =
    ts > state.lastTs || (ts <= receivedAt && ts > state.lastAt && state.lastTs > receivedAt)
  // A repetition of a future reading must not pass for the newest value; a revision of a past one must.
  if (isNews || ts <= receivedAt) keepLatest(state, reading, at)
  if (reading.redriven || receivedAt - ts > state.freshMs) return HISTORY
  if (!isNews) return REPEATED
  if (ts > state.lastTs) state.lastTs = ts
  if (at > state.lastAt) state.lastAt = at
  return IN_ORDER
}

function keepLatest(state: DeviceState, reading: Reading, at: number): void {
  const { values } = reading
  const { latestValues, latestAts } = state
  let isNewest = false
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN
    if (Number.isNaN(value) || at < (latestAts[i] ?? 0)) continue
    latestValues[i] = value
    latestAts[i] = at
    isNewest = true
  }
  if (isNewest && reading.receivedAt > state.latestReceivedAt)
    state.latestReceivedAt = reading.receivedAt
}
