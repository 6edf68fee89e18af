// The alerts this page knows: a snapshot plus the stream's patches, in plain memory, without the DOM. Whatever order patches
// come in and however often, the store ends where the server is; where it cannot, it says so and asks for the missing part.

import type { Alert } from '../api/alert.ts'
import type { StreamId } from './stream-id.ts'

export type AlertPatch =
  { readonly op: 'up'; readonly alert: Alert } | { readonly op: 'rm'; readonly id: string }

export type Receipt =
  | 'applied'
  /** Seen before, or part of the snapshot. */
  | 'duplicate'
  /** Of another life of the server, or beyond what can be put in order: only a new snapshot helps. */
  | 'lost'

export interface AcknowledgePatch {
  readonly by: string
  readonly at: number
}

export interface AlertStore {
  /** Takes the snapshot as the truth as of `at`. Alerts it no longer has are kept as closed, for the list to let go of. */
  replace(alerts: readonly Alert[], at: StreamId, now: number): void
  receive(id: StreamId, patches: readonly AlertPatch[], now: number): Receipt
  /** The last place up to which nothing is missing; where to resume from. */
  resumeFrom(): StreamId | null
  /** A later place was seen than the one to resume from. */
  hasHole(): boolean
  /** The server has said that nothing more comes before `id`: what is missing does not exist for us. */
  settle(id: StreamId): void
  /** Shows it acknowledged before the server has said so; `confirm` or `rollBack` follows. */
  acknowledge(id: string, patch: AcknowledgePatch): void
  confirm(id: string): void
  rollBack(id: string): void
  /** Forgets alerts that closed more than `CLOSED_KEPT_MS` ago. */
  sweep(now: number): void
  get(id: string): Alert | undefined
  readonly isPending: (id: string) => boolean
  /** When the page learned that it closed. */
  closedSeenAt(id: string): number | null
  all(): Iterable<Alert>
  readonly size: number
  /** Inserts refused since the last snapshot because the store is full. */
  readonly refused: number
  readonly lastSeq: number
}

export const CLOSED_KEPT_MS = 30_000
/** Above this the page could not draw in time, and no operator could read; the rest is told as a number. */
export const ALERTS_MAX = 20_000
/** Places that may be missing at once before a new snapshot is cheaper than waiting. */
export const HOLE_MAX = 1_000

interface Entry {
  alert: Alert
  seq: number
  closedSeenAt: number | null
}

export function createAlertStore(alertsMax = ALERTS_MAX): AlertStore {
  let entries = new Map<string, Entry>()
  const pending = new Map<string, AcknowledgePatch>()
  let epoch: string | null = null
  let contiguous = 0
  let lastSeq = 0
  /** Places received beyond `contiguous`. */
  let ahead = new Set<number>()
  /** Removals beyond `contiguous`, so that an older patch that comes later cannot bring the alert back. */
  let removed = new Map<string, number>()
  let refused = 0

  function shown(entry: Entry): Alert {
    const patch = pending.get(entry.alert.id)
    if (patch === undefined) return entry.alert
    return withAcknowledgement(entry.alert, patch)
  }

  function advance(to: number): void {
    contiguous = Math.max(contiguous, to)
    while (ahead.delete(contiguous + 1)) contiguous += 1
    for (const seq of ahead) if (seq <= contiguous) ahead.delete(seq)
    for (const [id, seq] of removed) if (seq <= contiguous) removed.delete(id)
  }

  function put(alert: Alert, seq: number, now: number): void {
    const entry = entries.get(alert.id)
    if ((entry?.seq ?? -1) > seq || (removed.get(alert.id) ?? -1) > seq) return
    if (alert.state !== 'unack_active' && alert.state !== 'rtn_unack') pending.delete(alert.id)
    const closedSeenAt = alert.state === 'closed' ? (entry?.closedSeenAt ?? now) : null
    if (entry !== undefined) {
      entry.alert = alert
      entry.seq = seq
      entry.closedSeenAt = closedSeenAt
    } else if (alert.state === 'closed') removed.set(alert.id, seq)
    else if (entries.size >= alertsMax) refused += 1
    else entries.set(alert.id, { alert, seq, closedSeenAt })
  }

  function remove(id: string, seq: number): void {
    const entry = entries.get(id)
    if ((entry?.seq ?? -1) > seq) return
    entries.delete(id)
    pending.delete(id)
    removed.set(id, Math.max(seq, removed.get(id) ?? -1))
  }

  return {
    replace(alerts, at, now) {
      const before = entries
      entries = new Map()
      refused = 0
      for (const alert of alerts) {
        if (alert.state === 'closed') continue
        if (entries.size < alertsMax)
          entries.set(alert.id, { alert, seq: at.seq, closedSeenAt: null })
        else refused += 1
      }
      for (const [id, entry] of before)
        if (!entries.has(id))
          entries.set(id, {
            alert: { ...entry.alert, state: 'closed' },
            seq: at.seq,
            closedSeenAt: entry.closedSeenAt ?? now,
          })
      for (const id of pending.keys())
        if (entries.get(id)?.alert.state === 'closed') pending.delete(id)
      epoch = at.epoch
      contiguous = at.seq
      lastSeq = at.seq
      ahead = new Set()
      removed = new Map()
    },
    receive(id, patches, now) {
      if (id.epoch !== epoch) return 'lost'
      if (id.seq <= contiguous || ahead.has(id.seq)) return 'duplicate'
      if (id.seq - contiguous > HOLE_MAX) return 'lost'
      for (const patch of patches)
        if (patch.op === 'up') put(patch.alert, id.seq, now)
        else remove(patch.id, id.seq)
      ahead.add(id.seq)
      lastSeq = Math.max(lastSeq, id.seq)
      advance(contiguous)
      return 'applied'
    },
    resumeFrom: () => (epoch === null ? null : { epoch, seq: contiguous }),
    hasHole: () => contiguous < lastSeq,
    settle(id) {
      if (id.epoch !== epoch) return
      lastSeq = Math.max(lastSeq, id.seq)
      advance(id.seq)
    },
    acknowledge: (id, patch) => void pending.set(id, patch),
    confirm(id) {
      const entry = entries.get(id)
      const patch = pending.get(id)
      if (entry !== undefined && patch !== undefined)
        entry.alert = withAcknowledgement(entry.alert, patch)
      pending.delete(id)
    },
    rollBack: (id) => void pending.delete(id),
    sweep(now) {
      for (const [id, entry] of entries)
        if (entry.closedSeenAt !== null && now - entry.closedSeenAt >= CLOSED_KEPT_MS) {
          entries.delete(id)
          if (entry.seq > contiguous) removed.set(id, entry.seq)
        }
    },
    get(id) {
      const entry = entries.get(id)
      return entry === undefined ? undefined : shown(entry)
    },
    isPending: (id) => pending.has(id),
    closedSeenAt: (id) => entries.get(id)?.closedSeenAt ?? null,
    *all() {
      for (const entry of entries.values()) yield shown(entry)
    },
    get size() {
      return entries.size
    },
    get refused() {
      return refused
    },
    get lastSeq() {
      return lastSeq
    },
  }
}

function withAcknowledgement(alert: Alert, patch: AcknowledgePatch): Alert {
  if (alert.state === 'rtn_unack')
    return { ...alert, state: 'closed', ackedBy: patch.by, ackedAt: patch.at }
  if (alert.state !== 'unack_active') return alert
  return { ...alert, state: 'acked_active', ackedBy: patch.by, ackedAt: patch.at }
}
