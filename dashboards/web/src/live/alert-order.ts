// In which order alerts are listed, and which of them a filter lets through. Both are pure, so the list can be checked against them.

import { alertStates, severities } from '../api/alert.ts'
import type { Alert, AlertState, Severity } from '../api/alert.ts'

export interface AlertFilter {
  /** Empty: all. */
  readonly severities: ReadonlySet<Severity>
  /** Empty: all open ones. */
  readonly states: ReadonlySet<AlertState>
  /** Words that must all occur, in any case; empty: all. */
  readonly text: string
}

export const everyAlert: AlertFilter = { severities: new Set(), states: new Set(), text: '' }

const STATE_RANK: Readonly<Record<AlertState, number>> = {
  unack_active: 0,
  rtn_unack: 1,
  acked_active: 2,
  closed: 3,
}

/** Unacknowledged first, then the more severe, then the newer; the id makes it total. */
export function compareAlerts(a: Alert, b: Alert): number {
  return (
    STATE_RANK[a.state] - STATE_RANK[b.state] ||
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    b.raisedAt - a.raisedAt ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  )
}

export function matchesFilter(alert: Alert, filter: AlertFilter): boolean {
  if (filter.severities.size > 0 && !filter.severities.has(alert.severity)) return false
  // A closed row stays where its alert was: it leaves by its own rule, not by a filter on states.
  if (filter.states.size > 0 && alert.state !== 'closed' && !filter.states.has(alert.state))
    return false
  if (filter.text === '') return true
  const haystack =
    `${alert.deviceName} ${alert.device} ${alert.street ?? ''} ${alert.rule} ${alert.text.zh} ${alert.text.en} ${alert.division}`.toLowerCase()
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word))
}

export type StateCounts = Readonly<Record<AlertState, number>>

export function countStates(alerts: Iterable<Alert>): StateCounts {
  const counts: Record<AlertState, number> = {
    unack_active: 0,
    rtn_unack: 0,
    acked_active: 0,
    closed: 0,
  }
  for (const alert of alerts) counts[alert.state] += 1
  return counts
}

export function isAlertState(text: string): text is AlertState {
  return alertStates.some((state) => state === text)
}

export function isSeverity(text: string): text is Severity {
  return severities.some((severity) => severity === text)
}
