// The alert as every list, stream and ticket shows it. Its life is in `lifecycle.ts`; states follow ISA-18.2 / IEC 62682.

import type { Text } from '../device-type.ts'
import type { Millis, Position } from '../position.ts'
import type { Severity } from '../rule.ts'

/** `rtn_unack`: back to normal, nobody has seen it yet. */
export type AlertState = 'unack_active' | 'acked_active' | 'rtn_unack' | 'closed'

export interface Alert {
  /** From device, rule and the fault's first moment: the same story gives the same id. */
  readonly id: string
  readonly device: string
  readonly type: string
  readonly division: string
  readonly deviceName: string
  readonly street: string | null
  readonly rule: string
  readonly severity: Severity
  readonly state: AlertState
  /** Event time at which the rule was confirmed. */
  readonly raisedAt: Millis
  /** Event time of the first bad sample of the episode. */
  readonly since: Millis
  /** Value, limit and unit of the latest judgement that was true; null for silence. */
  readonly value: number | null
  readonly limit: number | null
  readonly unit: string | null
  readonly metric: string | null
  readonly because: {
    readonly code: string
    readonly params: Readonly<Record<string, number | string | boolean>>
  }
  readonly text: Text
  readonly ticket: string | null
  readonly parent: string | null
  readonly children: number
  /** How often it was raised within this episode. */
  readonly count: number
  readonly ackedAt: Millis | null
  readonly ackedBy: string | null
  readonly returnedAt: Millis | null
  readonly closedAt: Millis | null
  readonly simulated: boolean
  /** Position of the input that changed it last. */
  readonly revision: Position
}

export interface TimelineEntry {
  readonly at: Millis
  /** Account, `engine`, `case-system`. */
  readonly by: string
  readonly what:
    | 'raised'
    | 'raised_again'
    | 'returned'
    | 'acknowledged'
    | 'commented'
    | 'closed'
    | 'ticket_opened'
  readonly note: string | null
}
