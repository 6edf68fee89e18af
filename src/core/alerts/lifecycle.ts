// The life of an alert as a pure function of (alert, event): raised, acknowledged, back to normal, closed. An alert that nobody has
// seen stays open after its return; a P3 is a work item and needs no seeing.

import type { Alert, TimelineEntry } from './alert.ts'
import type { Text } from '../device-type.ts'
import type { Millis, Position } from '../position.ts'

/** What the latest judgement that was true has found. */
export interface Evidence {
  readonly value: number | null
  readonly limit: number | null
  readonly unit: string | null
  readonly metric: string | null
  readonly because: Alert['because']
  readonly text: Text
}

export type AlertEvent =
  | { readonly kind: 'raised_again' }
  | { readonly kind: 'returned'; readonly at: Millis }
  | { readonly kind: 'acknowledged'; readonly by: string; readonly comment: string | null }
  | { readonly kind: 'commented'; readonly by: string; readonly text: string }
  /** Its device or rule is gone: nothing can bring it back to normal any more. */
  | { readonly kind: 'removed'; readonly by: string; readonly note: string }

export interface Step {
  readonly alert: Alert
  readonly entry: TimelineEntry
}

/** The alert after the event, or null when the event changes nothing. `now` stamps the timeline. */
export function reduceAlert(
  alert: Alert,
  event: AlertEvent,
  evidence: Evidence,
  now: Millis,
  position: Position,
): Step | null {
  const seen: Alert = { ...alert, ...evidence, revision: position }
  switch (event.kind) {
    case 'raised_again': {
      if (alert.state !== 'rtn_unack') return null
      const again: Alert = {
        ...seen,
        state: 'unack_active',
        returnedAt: null,
        count: alert.count + 1,
      }
      return step(again, now, 'engine', 'raised_again')
    }
    case 'returned': {
      const returned: Alert = { ...seen, returnedAt: event.at }
      if (alert.state === 'unack_active' && alert.severity !== 'P3')
        return step({ ...returned, state: 'rtn_unack' }, now, 'engine', 'returned')
      if (alert.state === 'unack_active' || alert.state === 'acked_active')
        return step({ ...returned, state: 'closed', closedAt: now }, now, 'engine', 'returned')
      return null
    }
    case 'acknowledged': {
      const acked: Alert = { ...seen, ackedAt: now, ackedBy: event.by }
      if (alert.state === 'unack_active')
        return step(
          { ...acked, state: 'acked_active' },
          now,
          event.by,
          'acknowledged',
          event.comment,
        )
      if (alert.state === 'rtn_unack')
        return step(
          { ...acked, state: 'closed', closedAt: now },
          now,
          event.by,
          'acknowledged',
          event.comment,
        )
      return null
    }
    case 'commented':
      return step({ ...alert, revision: position }, now, event.by, 'commented', event.text)
    case 'removed':
      break
  }
  if (alert.state === 'closed') return null
  return step(
    { ...alert, state: 'closed', closedAt: now, revision: position },
    now,
    event.by,
    'closed',
    event.note,
  )
}

export function step(
  alert: Alert,
  at: Millis,
  by: string,
  what: TimelineEntry['what'],
  note: string | null = null,
): Step {
  return { alert, entry: { at, by, what, note } }
}
