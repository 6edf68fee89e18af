// A rule as data: when it is true, how surely, when it is over, and what people read. Detectors evaluate it in event time.

import type { Text } from './device-type.ts'

/** P1 life or safety, crew now; P2 same shift; P3 a work item, never annunciated. */
export type Severity = 'P1' | 'P2' | 'P3'

/** What is compared: a metric's latest value, a sum of several, or a metric's mean over the last seconds. */
export type Operand =
  | { readonly metric: string }
  | { readonly sum: readonly string[] }
  | { readonly mean: string; readonly seconds: number }

/** A fixed limit in the operand's unit, or a share of the device's rated value (`fallback` when it has none). */
export type Limit =
  number | { readonly rated: string; readonly factor: number; readonly fallback: number }

export type Condition =
  | { readonly kind: 'above'; readonly of: Operand; readonly limit: Limit }
  | { readonly kind: 'below'; readonly of: Operand; readonly limit: Limit }
  | { readonly kind: 'is'; readonly metric: string; readonly value: boolean }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  /** Nothing heard for `intervals` report intervals (at least 15 minutes). */
  | { readonly kind: 'silent'; readonly intervals: number }

/** When the rule applies: in or out of the lighting night (sunset to sunrise at the device), or between two local times. */
export type Window =
  | { readonly kind: 'lighting' }
  | { readonly kind: 'daylight' }
  | { readonly kind: 'hours'; readonly from: string; readonly to: string }

export interface Rule {
  /** Upper-case name of the field's practice: `LEAKAGE`, `COVER_OPEN`. Unique within the type. */
  readonly id: string
  readonly name: Text
  readonly severity: Severity
  /** Another severity where the device stands on a road of one of these classes. Fixed when the alert is raised. */
  readonly severityWhere?: { readonly roadClass: readonly string[]; readonly severity: Severity }
  readonly when: Condition
  readonly during?: Window
  /** On-delay: `samples` of the last `of` must be true, and the condition must have held for `seconds` of event time. */
  readonly confirm: { readonly samples: number; readonly of: number; readonly seconds: number }
  /** Off-delay: the value back by `deadband` beyond the limit, for `samples` in a row and `seconds`. */
  readonly clear: { readonly deadband: number; readonly samples: number; readonly seconds: number }
  /** A longer hole between samples starts the counting again; default three report intervals of the device. */
  readonly gapSeconds?: number
  /** Files a ticket in the case system when it is raised. */
  readonly ticket: boolean
  /**
   * What people read, with `{value}`, `{limit}`, `{unit}`, `{minutes}` filled in: the symptom and the numbers, no asset name.
   */
  readonly text: Text
  /** Where the limit comes from. `proposal` = ours, never shown as "per standard". */
  readonly standard: {
    readonly ref: string
    readonly status: 'proposal' | 'unverified' | 'verified'
  }
}

export function severityOn(roadClass: string | null, rule: Rule): Severity {
  const where = rule.severityWhere
  if (where === undefined || roadClass === null) return rule.severity
  return where.roadClass.includes(roadClass) ? where.severity : rule.severity
}
