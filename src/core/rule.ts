// A rule as data: when it is true, how surely, when it is over, and what people read. Detectors evaluate it in event time.

import type { Text } from './device-type.ts'

/** P1 life or safety, crew now; P2 same shift; P3 a work item, never annunciated. */
export type Severity = 'P1' | 'P2' | 'P3'

/**
 * What is compared. A metric's latest value, a sum, a mean or the highest value over the last seconds, and what follows from several samples or several
 * metrics of one device:
 * - `highest`: the highest of the last `seconds` (to a sixtieth of them), also while a sample does not say the metric
 * - `change`: now minus the oldest sample of the last `seconds` (to a sixtieth of them); of a counter what it grew by, resets left
 *   out; of a metric that holds, against the value it held then
 * - `step`: now minus the sample before, also of a counter, so that a meter that runs backward shows
 * - `since`: what a counter grew by since the local day, month or year began; growth across midnight is shared out by time
 * - `starts`: how often a boolean went from false to true within the last `seconds`
 * - `unchanged`: seconds for which the value has stayed the same to the last digit
 * - `difference`: the first metric minus the second
 * - `lowestShare`: the lowest of them as a share of the mean of the others (a lost phase); says nothing while that mean is below 1 %
 *   of the metric's range
 * - `distance`: metres between the reported place and the one in the device's rated values `<to>_lat` and `<to>_lon`
 */
export type Operand =
  | { readonly metric: string }
  | { readonly sum: readonly string[] }
  | { readonly mean: string; readonly seconds: number }
  | { readonly highest: string; readonly seconds: number }
  | { readonly change: string; readonly seconds: number }
  | { readonly step: string }
  | { readonly since: 'day' | 'month' | 'year'; readonly counter: string }
  | { readonly starts: string; readonly seconds: number }
  | { readonly unchanged: string }
  | { readonly difference: readonly [string, string] }
  | { readonly lowestShare: readonly string[] }
  | { readonly distance: { readonly lat: string; readonly lon: string; readonly to: string } }

/**
 * A fixed limit in the operand's unit; a share of the device's rated value, plus a constant (`fallback` when it has none, and null
 * where the rule then does not apply); or a curve over another metric's latest value, straight between its points, flat beyond them.
 */
export type Limit =
  | number
  | {
      readonly rated: string
      readonly factor: number
      readonly plus?: number
      readonly fallback: number | null
    }
  | {
      readonly over: string
      readonly points: readonly (readonly [x: number, y: number])[]
      readonly plus?: number
    }

export type Condition =
  /** `orEqual`: the limit itself counts. */
  | {
      readonly kind: 'above'
      readonly of: Operand
      readonly limit: Limit
      readonly orEqual?: true
    }
  | {
      readonly kind: 'below'
      readonly of: Operand
      readonly limit: Limit
      readonly orEqual?: true
    }
  | { readonly kind: 'is'; readonly metric: string; readonly value: boolean }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  /** Nothing heard for `intervals` report intervals (at least 15 minutes). */
  | { readonly kind: 'silent'; readonly intervals: number }
  /** The device's clock is off by more than `seconds`, steadily, over three live messages. */
  | { readonly kind: 'skewed'; readonly seconds: number }
  /** Values outside the metric's physical range, reading after reading: the sensor is broken. */
  | { readonly kind: 'impossible' }

/**
 * When the rule applies: in or out of the lighting night (sunset to sunrise at the device), between two local times, or between two
 * days of the year (`10-15` to `04-15`, both inclusive).
 */
export type Window =
  | { readonly kind: 'lighting' }
  | { readonly kind: 'daylight' }
  | { readonly kind: 'hours'; readonly from: string; readonly to: string }
  | { readonly kind: 'season'; readonly from: string; readonly to: string }

/** Where a limit comes from. `proposal` = ours, never shown as "per standard". */
export interface Standard {
  readonly ref: string
  readonly status: 'proposal' | 'unverified' | 'verified'
}

/** A later edition of the standard: from this local date (YYYY-MM-DD) on it takes the place of what the rule says. */
export interface Edition {
  readonly from: string
  readonly standard: Standard
  /** Absent: the condition stays. */
  readonly when?: Condition
}

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
  /**
   * A longer hole between samples starts the counting again, also of `unchanged`, and `starts` does not guess what was in it; default
   * three report intervals of the device.
   */
  readonly gapSeconds?: number
  /** Files a ticket in the case system when it is raised. */
  readonly ticket: boolean
  /**
   * What people read, with `{value}`, `{limit}`, `{unit}`, `{minutes}` filled in: the symptom and the numbers, no asset name.
   */
  readonly text: Text
  readonly standard: Standard
  /** In the order of their dates. */
  readonly editions?: readonly Edition[]
}

export function severityOn(roadClass: string | null, rule: Rule): Severity {
  const where = rule.severityWhere
  if (where === undefined || roadClass === null) return rule.severity
  return where.roadClass.includes(roadClass) ? where.severity : rule.severity
}
