// Which alert answers which fault.
//
// An alert matches an expectation when it stands on one of its devices, has one of its rules and was raised between the fault's
// start and the end of the expectation's window; where the expectation says `standing`, an alert that stood before counts as well.
// The first match counts: in time, or late.

import type { Millis } from '../src/core/position.ts'
import type { Fault } from './faults.ts'
import type { Scenario } from './scenario.ts'

export interface SeenAlert {
  readonly id: string
  readonly device: string
  readonly rule: string
  readonly severity: string
  readonly raisedAt: Millis
  /** Back to normal; null: it still stands. */
  readonly returnedAt: Millis | null
}

export interface SeenTicket {
  readonly id: string
  readonly alert: string
  readonly device: string
  readonly isDelivered: boolean
}

export interface Seen {
  readonly alerts: readonly SeenAlert[]
  readonly tickets: readonly SeenTicket[]
  /** Cases that the case system holds twice for one ticket. */
  readonly doubleCases: number
  /** How far the run came; windows that end later are not judged as missed by it. */
  readonly end: Millis
}

export interface Verdict {
  readonly fault: string
  readonly device: string
  readonly rules: readonly string[]
  readonly kind: 'matched' | 'late' | 'missed'
  readonly alert: string | null
  readonly delayMs: number | null
  /** Why it was missed or late, for people. */
  readonly why: string | null
}

export type Expectation = Scenario['file']['expect'][number]

/** Claims every alert that matches. */
export function judge(
  expectation: Expectation,
  fault: Fault,
  device: string,
  alerts: readonly SeenAlert[],
  claimed: Set<string>,
  seen: Seen,
): Verdict {
  const until = expectation.until ?? expectation.within * 2
  const inWindow = alerts.filter(
    (alert) =>
      alert.device === device &&
      expectation.rules.includes(alert.rule) &&
      (alert.raisedAt >= fault.start || (expectation.standing && standsAt(alert, fault.start))) &&
      alert.raisedAt <= fault.start + until,
  )
  for (const alert of inWindow) claimed.add(alert.id)
  const first = inWindow[0]
  const base = { fault: fault.id, device, rules: expectation.rules }
  if (first === undefined)
    return {
      ...base,
      kind: 'missed',
      alert: null,
      delayMs: null,
      why: whyMissed(expectation, fault, device, until, alerts, seen),
    }
  const delayMs = Math.max(0, first.raisedAt - fault.start)
  const isLate = delayMs > expectation.within
  return {
    ...base,
    kind: isLate ? 'late' : 'matched',
    alert: first.id,
    delayMs,
    why: isLate
      ? `raised after ${minutes(delayMs)}, expected within ${minutes(expectation.within)}`
      : null,
  }
}

function whyMissed(
  expectation: Expectation,
  fault: Fault,
  device: string,
  until: number,
  alerts: readonly SeenAlert[],
  seen: Seen,
): string {
  const wanted = `expected ${expectation.rules.join(' or ')} on ${device} within ${minutes(until)} of ${iso(fault.start)}`
  if (seen.end < fault.start + until)
    return `${wanted}, but the run ended ${minutes(seen.end - fault.start)} after the fault began`
  const others = alerts.filter((alert) => alert.device === device)
  if (others.length === 0) return `${wanted}, got no alert on this device in the whole run`
  const near = others
    .map((alert) => ({ alert, far: Math.abs(alert.raisedAt - fault.start) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ alert }) => `${alert.rule} at ${iso(alert.raisedAt)}`)
  return `${wanted}, got only ${near.join(', ')}`
}

function standsAt(alert: SeenAlert, at: Millis): boolean {
  return alert.raisedAt <= at && (alert.returnedAt === null || alert.returnedAt > at)
}

/** Faults are named as in the file, or as one device's part of it. */
export function isOf(fault: Fault, id: string): boolean {
  return fault.id === id || fault.id === `${id}@${fault.device}`
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1000)} s` : `${(ms / 60_000).toFixed(1)} min`
}

export function iso(at: Millis): string {
  return new Date(at).toISOString()
}
