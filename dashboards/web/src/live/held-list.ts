// What the alert list shows, and what it holds back. While somebody reads, rows are patched where they stand: new rows, leaving
// rows and a new order wait for `merge`. Otherwise every update is merged at once.

import type { Alert } from '../api/alert.ts'
import { compareAlerts, matchesFilter } from './alert-order.ts'
import type { AlertFilter } from './alert-order.ts'
import { CLOSED_KEPT_MS } from './store.ts'
import type { AlertStore } from './store.ts'

export interface HeldView {
  /** Rows as drawn, in order. A row's object changes only when the row must be drawn again. */
  readonly rows: readonly Alert[]
  /** New alerts that wait to be merged, and how many of them are critical. */
  readonly heldCount: number
  readonly heldCritical: number
  /** Open alerts that the filter hides. */
  readonly hiddenByFilter: number
  /** Rows that came with the last merge; empty after a change of filter. */
  readonly fresh: ReadonlySet<string>
}

export const emptyView: HeldView = {
  rows: [],
  heldCount: 0,
  heldCritical: 0,
  hiddenByFilter: 0,
  fresh: new Set(),
}

/** The next view. `merge` brings in what is held; `known` = false (first load, new filter) marks nothing as new. */
export function nextView(
  view: HeldView,
  store: AlertStore,
  filter: AlertFilter,
  options: { readonly merge: boolean; readonly known: boolean; readonly now: number },
): HeldView {
  const before = new Map(view.rows.map((row) => [row.id, row]))
  const arrived: Alert[] = []
  const stays = new Map<string, Alert>()
  let hiddenByFilter = 0
  for (const alert of store.all()) {
    if (!matchesFilter(alert, filter)) {
      if (alert.state !== 'closed') hiddenByFilter += 1
      if (!before.has(alert.id) || options.merge) continue
    }
    if (before.has(alert.id)) stays.set(alert.id, alert)
    else if (alert.state !== 'closed') arrived.push(alert)
  }
  if (!options.merge)
    return {
      rows: view.rows.map((row) => stays.get(row.id) ?? closedCopy(row)),
      heldCount: arrived.length,
      heldCritical: arrived.filter((alert) => alert.severity === 'P1').length,
      hiddenByFilter,
      fresh: view.fresh,
    }
  const rows = [...arrived]
  for (const alert of stays.values()) if (!hasLeft(alert, store, options.now)) rows.push(alert)
  return {
    rows: inOrder(rows, view.rows),
    heldCount: 0,
    heldCritical: 0,
    hiddenByFilter,
    fresh: options.known ? new Set(arrived.map((alert) => alert.id)) : new Set(),
  }
}

/** The store has let go of it: it closed more than the kept time ago. */
function closedCopy(row: Alert): Alert {
  return row.state === 'closed' ? row : { ...row, state: 'closed' }
}

function hasLeft(alert: Alert, store: AlertStore, now: number): boolean {
  if (alert.state !== 'closed') return false
  const seenAt = store.closedSeenAt(alert.id)
  return seenAt === null ? !store.isPending(alert.id) : now - seenAt >= CLOSED_KEPT_MS
}

/** Closed rows keep their old place until they leave, so that a row does not jump to the end the moment it is resolved. */
function inOrder(rows: readonly Alert[], before: readonly Alert[]): readonly Alert[] {
  const open = rows.filter((alert) => alert.state !== 'closed').sort(compareAlerts)
  const closing = rows.filter((alert) => alert.state === 'closed')
  if (closing.length === 0) return open
  const placeBefore = new Map(before.map((row, index) => [row.id, index]))
  const merged = [...open]
  for (const alert of closing.sort(
    (a, b) => (placeBefore.get(a.id) ?? 0) - (placeBefore.get(b.id) ?? 0),
  ))
    merged.splice(Math.min(placeBefore.get(alert.id) ?? merged.length, merged.length), 0, alert)
  return merged
}
