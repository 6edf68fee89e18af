// How well a run met its scenario: faults matched, late or missed, alerts that nothing explains, tickets counted. Pure. What
// matches no expectation and is not allowed by name is unexpected.

import type { Millis } from '../src/core/position.ts'
import { impactOf } from './faults.ts'
import {
  isOf,
  iso,
  judge,
  type Expectation,
  type Seen,
  type SeenAlert,
  type Verdict,
} from './matching.ts'
import type { Scenario } from './scenario.ts'

export interface Score {
  readonly faults: {
    readonly injected: number
    readonly matched: number
    readonly late: number
    readonly missed: number
  }
  readonly alerts: {
    readonly raised: number
    readonly expected: number
    readonly unexpected: number
  }
  readonly tickets: {
    readonly opened: number
    readonly delivered: number
    readonly duplicates: number
  }
  readonly verdicts: readonly Verdict[]
  readonly unexpected: readonly SeenAlert[]
  /** Everything that makes the run fail; empty: it passed. */
  readonly failures: readonly string[]
}

/** What the scenario's recording holds for a device's metric at a moment; null where it says nothing. */
export type Recorded = (device: string, metric: string, at: Millis) => number | null

export function score(scenario: Scenario, seen: Seen, recorded: Recorded = () => null): Score {
  const { file, faults } = scenario
  const alerts = [...seen.alerts].sort((a, b) => a.raisedAt - b.raisedAt || (a.id < b.id ? -1 : 1))
  const claimed = new Set<string>()
  const failures: string[] = []
  const verdicts: Verdict[] = []
  const verdictsOf = new Map<string, Verdict[]>()

  for (const expectation of file.expect)
    for (const fault of faults.filter((fault) => isOf(fault, expectation.fault)))
      for (const device of expectation.on ?? [fault.device]) {
        const verdict = judge(expectation, fault, device, alerts, claimed, seen)
        verdicts.push(verdict)
        verdictsOf.set(fault.id, [...(verdictsOf.get(fault.id) ?? []), verdict])
        if (verdict.kind === 'missed') failures.push(`${fault.id}: ${verdict.why ?? 'missed'}`)
        failures.push(...ticketFailures(expectation, verdict, seen))
      }

  const allowed = allow(scenario, alerts, claimed, recorded, failures)
  const unexpected = alerts.filter((alert) => !claimed.has(alert.id) && !allowed.has(alert.id))
  const duplicates = countDuplicates(scenario, alerts, seen)
  checkLimits(scenario, alerts, unexpected, seen, duplicates, failures)

  const kinds = faults.map((fault) => worst(verdictsOf.get(fault.id) ?? []))
  return {
    faults: {
      injected: faults.length,
      matched: kinds.filter((kind) => kind === 'matched').length,
      late: kinds.filter((kind) => kind === 'late').length,
      missed: kinds.filter((kind) => kind === 'missed').length,
    },
    alerts: {
      raised: alerts.length,
      expected: alerts.length - unexpected.length,
      unexpected: unexpected.length,
    },
    tickets: {
      opened: seen.tickets.length,
      delivered: seen.tickets.filter((ticket) => ticket.isDelivered).length,
      duplicates,
    },
    verdicts,
    unexpected,
    failures,
  }
}

function ticketFailures(expectation: Expectation, verdict: Verdict, seen: Seen): readonly string[] {
  if (expectation.ticket === undefined || verdict.alert === null) return []
  const own = seen.tickets.filter((ticket) => ticket.alert === verdict.alert)
  const where = `${verdict.fault}: ${verdict.rules.join(' or ')} on ${verdict.device}`
  if (!expectation.ticket)
    return own.length === 0 ? [] : [`${where}: expected no ticket, got ${own.length}`]
  if (own.length !== 1) return [`${where}: expected one ticket, got ${own.length}`]
  return own[0]?.isDelivered === true
    ? []
    : [`${where}: expected its ticket delivered, got it still waiting at the end`]
}

/** Marks the alerts that the scenario tolerates by name; more of them than it says is a failure. */
function allow(
  { file, faults, devices }: Scenario,
  alerts: readonly SeenAlert[],
  claimed: ReadonlySet<string>,
  recorded: Recorded,
  failures: string[],
): ReadonlySet<string> {
  const allowed = new Set<string>()
  for (const allowance of file.allow) {
    const struck = faults.filter(
      (fault) => allowance.fault !== undefined && isOf(fault, allowance.fault),
    )
    const hits = alerts.filter(
      (alert) =>
        !claimed.has(alert.id) &&
        !allowed.has(alert.id) &&
        allowance.rules.includes(alert.rule) &&
        isRecorded(allowance.recorded, alert, recorded) &&
        (allowance.on === undefined || allowance.on.includes(alert.device)) &&
        (allowance.fault === undefined ||
          struck.some(
            (fault) =>
              impactOf(fault, devices).has(alert.device) &&
              alert.raisedAt >= fault.start &&
              alert.raisedAt <= fault.end + allowance.after,
          )),
    )
    for (const alert of hits) allowed.add(alert.id)
    if (hits.length > allowance.max)
      failures.push(
        `${allowance.rules.join(' or ')}: expected at most ${allowance.max} (${allowance.why}), got ${hits.length}`,
      )
  }
  return allowed
}

function isRecorded(
  wanted: Scenario['file']['allow'][number]['recorded'],
  alert: SeenAlert,
  recorded: Recorded,
): boolean {
  if (wanted === undefined) return true
  const value = recorded(alert.device, wanted.metric, alert.raisedAt)
  return value !== null && value > wanted.above
}

/** Tickets beyond the first for one alert or one fault and rule, and cases beyond the first for one ticket. */
function countDuplicates(
  { file, faults, devices }: Scenario,
  alerts: readonly SeenAlert[],
  seen: Seen,
): number {
  const ticketsOf = Map.groupBy(seen.tickets, (ticket) => ticket.alert)
  let duplicates = seen.doubleCases
  for (const tickets of ticketsOf.values()) duplicates += tickets.length - 1
  for (const fault of faults) {
    const rules = new Set(
      file.expect
        .filter((expectation) => isOf(fault, expectation.fault))
        .flatMap((expectation) => expectation.rules),
    )
    // A recording holds many episodes between start and end; a made fault is one.
    if (fault.kind === 'recorded') continue
    const impact = impactOf(fault, devices)
    const inFault = alerts.filter(
      (alert) =>
        rules.has(alert.rule) &&
        impact.has(alert.device) &&
        ticketsOf.has(alert.id) &&
        alert.raisedAt >= fault.start &&
        alert.raisedAt < fault.end,
    )
    for (const group of Map.groupBy(inFault, (alert) => `${alert.device} ${alert.rule}`).values())
      duplicates += group.length - 1
  }
  return duplicates
}

function checkLimits(
  { file }: Scenario,
  alerts: readonly SeenAlert[],
  unexpected: readonly SeenAlert[],
  seen: Seen,
  duplicates: number,
  failures: string[],
): void {
  const { limits } = file
  if (unexpected.length > limits.unexpected) {
    const shown = unexpected
      .slice(0, 5)
      .map((alert) => `${alert.rule} on ${alert.device} at ${iso(alert.raisedAt)}`)
    const rest = unexpected.length - shown.length
    failures.push(
      `expected at most ${limits.unexpected} unexpected alerts, got ${unexpected.length}: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`,
    )
  }
  if (limits.tickets !== undefined && seen.tickets.length > limits.tickets)
    failures.push(`expected at most ${limits.tickets} tickets, got ${seen.tickets.length}`)
  if (duplicates > limits.duplicates)
    failures.push(`expected at most ${limits.duplicates} duplicate tickets, got ${duplicates}`)
  for (const [rule, max] of Object.entries(limits.rules)) {
    const count = alerts.filter((alert) => alert.rule === rule).length
    if (count > max) failures.push(`expected at most ${max} ${rule} alerts, got ${count}`)
  }
}

/** A fault that nothing is expected of is met by silence; an alert on it shows as unexpected. */
function worst(verdicts: readonly Verdict[]): Verdict['kind'] {
  if (verdicts.some((verdict) => verdict.kind === 'missed')) return 'missed'
  return verdicts.some((verdict) => verdict.kind === 'late') ? 'late' : 'matched'
}
