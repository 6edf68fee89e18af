// The ticket: our side of a case. `state` mirrors the case system (CJ/T 315 stages), `delivery` is our own errand to it.

import type { Text } from '../device-type.ts'
import type { Millis, Position } from '../position.ts'
import type { Severity } from '../rule.ts'

export type TicketState =
  | 'reported'
  | 'accepted'
  | 'filed'
  | 'dispatched'
  | 'in_progress'
  | 'returned'
  | 'suspended'
  | 'fed_back'
  | 'checking'
  | 'rework'
  | 'closed'
  | 'not_filed'

export interface Delivery {
  readonly state: 'queued' | 'delivered' | 'retrying' | 'rejected'
  readonly attempts: number
  readonly lastError: string | null
  /** When the next attempt is due; null when none is. */
  readonly nextAt: Millis | null
}

export interface Ticket {
  /** From the alert's id; also the idempotency key towards the case system. */
  readonly id: string
  readonly alert: string
  readonly device: string
  /** As it was called when the ticket was opened. */
  readonly deviceName: string
  readonly type: string
  readonly division: string
  readonly rule: string
  readonly severity: Severity
  readonly state: TicketState
  readonly caseNo: string | null
  readonly openedAt: Millis
  readonly deadline: Millis
  readonly text: Text
  readonly delivery: Delivery
  readonly simulated: boolean
  readonly revision: Position
}

export interface HistoryEntry {
  readonly at: Millis
  readonly by: string
  /** `opened`, `delivered`, `retry`, `rejected`, `retry_requested`, `sensor_normal`, or the state a case event brought. */
  readonly what: string
  readonly note: string | null
}

/** The fields sent to a case system (reference: GB/T 30428 practice); times ISO 8601 with +08:00. */
export interface CaseReport {
  readonly externalId: string
  readonly source: '物联感知'
  readonly eventType: '部件'
  readonly mainType: string
  readonly subType: string
  readonly partCode: string | null
  readonly district: string
  readonly grid: string | null
  readonly street: string | null
  readonly address: string
  readonly lon: number | null
  readonly lat: number | null
  readonly crs: 'WGS84'
  readonly description: string
  readonly occurTime: string
  readonly reportTime: string
  readonly deadline: string
  readonly grade: string
  readonly urgency: string
  readonly severity: Severity
  readonly rule: string
  readonly device: string
  readonly alert: string
  readonly dept1: string | null
  readonly dept3: string | null
  readonly simulated: boolean
}
