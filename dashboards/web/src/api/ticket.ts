// The ticket as the pages know it: our side of a case, with the state of its delivery.

import { readText, readTimeline, severities } from './alert.ts'
import type { Severity, Text, TimelineEntry } from './alert.ts'
import { isRecord, millisOrNull, numberOr, oneOf, record, textOr, textOrNull } from './json.ts'

export const deliveryStates = ['queued', 'delivered', 'retrying', 'rejected'] as const
export type DeliveryState = (typeof deliveryStates)[number]

export interface Ticket {
  readonly id: string
  readonly alert: string
  readonly device: string
  readonly deviceName: string
  readonly type: string
  readonly division: string
  readonly rule: string
  readonly severity: Severity
  readonly state: string
  readonly caseNo: string | null
  readonly openedAt: number
  readonly deadline: number | null
  readonly text: Text
  readonly delivery: {
    readonly state: DeliveryState
    readonly attempts: number
    readonly lastError: string | null
    readonly nextAt: number | null
  }
  readonly simulated: boolean
  /** Only in the single view. */
  readonly history: readonly TimelineEntry[]
}

export function readTicket(value: unknown): Ticket | null {
  if (!isRecord(value)) return null
  const id = textOrNull(value['id'])
  if (id === null) return null
  const delivery = record(value['delivery'])
  const rule = textOr(value['rule'], '')
  return {
    id,
    alert: textOr(value['alert'], ''),
    device: textOr(value['device'], ''),
    deviceName: textOr(value['deviceName'], textOr(value['device'], '')),
    type: textOr(value['type'], ''),
    division: textOr(value['division'], ''),
    rule,
    severity: oneOf(value['severity'], severities, 'P1'),
    state: textOr(value['state'], ''),
    caseNo: textOrNull(value['caseNo']),
    openedAt: millisOrNull(value['openedAt']) ?? 0,
    deadline: millisOrNull(value['deadline']),
    text: readText(value['text'], rule),
    delivery: {
      state: oneOf(delivery['state'], deliveryStates, 'queued'),
      attempts: numberOr(delivery['attempts'], 0),
      lastError: textOrNull(delivery['lastError']),
      nextAt: millisOrNull(delivery['nextAt']),
    },
    simulated: value['simulated'] === true,
    history: readTimeline(value['history']),
  }
}

/** The case system is through with it. */
export function isSettled(ticket: Ticket): boolean {
  return ticket.state === 'closed' || ticket.state === 'not_filed'
}
