// The alert as the pages know it, and its reading from the API's JSON. Times are epoch milliseconds from here on.

import {
  isRecord,
  list,
  millisOrNull,
  numberOr,
  numberOrNull,
  oneOf,
  record,
  textOr,
  textOrNull,
} from './json.ts'

export const severities = ['P1', 'P2', 'P3'] as const
export type Severity = (typeof severities)[number]

export const alertStates = ['unack_active', 'rtn_unack', 'acked_active', 'closed'] as const
export type AlertState = (typeof alertStates)[number]

export interface Text {
  readonly zh: string
  readonly en: string
}

export interface Alert {
  readonly id: string
  readonly device: string
  readonly deviceName: string
  readonly type: string
  readonly division: string
  readonly street: string | null
  readonly rule: string
  readonly severity: Severity
  readonly state: AlertState
  readonly raisedAt: number
  readonly since: number
  readonly value: number | null
  readonly limit: number | null
  readonly unit: string | null
  readonly metric: string | null
  readonly because: { readonly code: string; readonly params: Readonly<Record<string, unknown>> }
  readonly text: Text
  readonly ticket: string | null
  readonly count: number
  readonly ackedBy: string | null
  readonly ackedAt: number | null
  readonly returnedAt: number | null
  readonly closedAt: number | null
  readonly simulated: boolean
}

export interface TimelineEntry {
  readonly at: number
  readonly by: string
  readonly what: string
  readonly note: string | null
}

export function readText(value: unknown, fallback: string): Text {
  const { zh, en } = record(value)
  return { zh: textOr(zh, textOr(en, fallback)), en: textOr(en, textOr(zh, fallback)) }
}

/** Null when it has no id: such a row could be neither patched nor opened. */
export function readAlert(value: unknown): Alert | null {
  if (!isRecord(value)) return null
  const id = textOrNull(value['id'])
  if (id === null) return null
  const device = textOr(value['device'], '')
  const because = record(value['because'])
  const rule = textOr(value['rule'], '')
  const raisedAt = millisOrNull(value['raisedAt']) ?? 0
  return {
    id,
    device,
    deviceName: textOr(value['deviceName'], device),
    type: textOr(value['type'], ''),
    division: textOr(value['division'], ''),
    street: textOrNull(value['street']),
    rule,
    // An unknown severity or state is shown as the most urgent one: an alert must never be hidden by a newer server.
    severity: oneOf(value['severity'], severities, 'P1'),
    state: oneOf(value['state'], alertStates, 'unack_active'),
    raisedAt,
    since: millisOrNull(value['since']) ?? raisedAt,
    value: numberOrNull(value['value']),
    limit: numberOrNull(value['limit']),
    unit: textOrNull(value['unit']),
    metric: textOrNull(value['metric']),
    because: { code: textOr(because['code'], ''), params: record(because['params']) },
    text: readText(value['text'], rule),
    ticket: textOrNull(value['ticket']),
    count: numberOr(value['count'], 1),
    ackedBy: textOrNull(value['ackedBy']),
    ackedAt: millisOrNull(value['ackedAt']),
    returnedAt: millisOrNull(value['returnedAt']),
    closedAt: millisOrNull(value['closedAt']),
    simulated: value['simulated'] === true,
  }
}

export function readTimeline(value: unknown): readonly TimelineEntry[] {
  return list(value).map((entry) => {
    const fields = record(entry)
    return {
      at: millisOrNull(fields['at']) ?? 0,
      by: textOr(fields['by'], ''),
      what: textOr(fields['what'], ''),
      note: textOrNull(fields['note']),
    }
  })
}

/** How the compared value follows from what the device said (a change, a mean); null where it is the value itself. */
export function operandOf(alert: Alert): string | null {
  return textOrNull(alert.because.params['operand'])
}

/** The limit, where a line in the metric's chart would mean anything. */
export function chartLimitOf(alert: Alert): number | null {
  const operand = operandOf(alert)
  return operand === null || operand === 'mean' ? alert.limit : null
}
