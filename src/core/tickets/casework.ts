// Tickets: opened with an alert, delivered to the case system, mirrored from its events. The only place that emits ticket effects.

import type { Alert } from '../alerts/alert.ts'
import type { Moment } from '../alerts/alert-book.ts'
import { caseReportOf } from './case-report.ts'
import type { DeviceState } from '../device-state.ts'
import type { CaseAnswer, CaseEvent, Outcome } from '../input.ts'
import type { LocalTime } from '../time/local-time.ts'
import { applied, duplicate, refused } from '../outcomes.ts'
import type { Millis } from '../position.ts'
import type { Rule, Severity } from '../rule.ts'
import type { CaseReport, Ticket, TicketState } from './ticket.ts'
import { comesLate, isFinal, mayFollow } from './ticket-states.ts'

const HOUR_MS = 3_600_000
const deadlineHours: Readonly<Record<Severity, number>> = { P1: 24, P2: 24, P3: 72 }
/** Event ids remembered per ticket; older ones are forgotten first. */
const EVENTS_MAX = 500
/** Finished tickets remembered for late events; older ones are forgotten first. */
const FINISHED_MAX = 5000

/** One ticket as the engine keeps it; plain JSON. */
export interface TicketRecord {
  readonly ticket: Ticket
  readonly report: CaseReport
  /** Ids of the case events applied, and the state each one brought. */
  readonly events: readonly (readonly [id: string, state: TicketState])[]
}

type Delivered = Extract<CaseAnswer, { kind: 'delivery' }>

export interface Casework {
  /** Opens the ticket of an alert; at most one per alert. Returns its id. */
  open(alert: Alert, state: DeviceState, rule: Rule, moment: Moment): string
  /** What the sensor says meanwhile: evidence for the checker, never a change of state. */
  note(ticketId: string, what: 'sensor_normal' | 'raised_again', moment: Moment): void
  delivered(answer: Delivered, moment: Moment): Outcome
  event(event: CaseEvent, by: string, moment: Moment): Outcome
  retry(ticketId: string, by: string, moment: Moment): Outcome
  records(): Iterable<TicketRecord>
}

export function createCasework(options: {
  readonly localTime: LocalTime
  readonly records: readonly TicketRecord[]
}): Casework {
  const { localTime } = options
  const tickets = new Map(options.records.map((record) => [record.ticket.id, record]))
  const byCase = new Map<string, string>()
  const finished = new Set<string>()
  for (const record of tickets.values()) index(record.ticket)

  function index(ticket: Ticket): void {
    if (ticket.caseNo !== null) byCase.set(ticket.caseNo, ticket.id)
    if (!isFinal(ticket.state)) return
    finished.add(ticket.id)
    for (const oldest of finished) {
      if (finished.size <= FINISHED_MAX) break
      finished.delete(oldest)
      const caseNo = tickets.get(oldest)?.ticket.caseNo
      if (caseNo !== undefined && caseNo !== null) byCase.delete(caseNo)
      tickets.delete(oldest)
    }
  }

  function keep(
    record: TicketRecord,
    change: Partial<Ticket>,
    entry: { by: string; what: string; note: string | null; at?: Millis },
    moment: Moment,
    events = record.events,
  ): void {
    const ticket: Ticket = { ...record.ticket, ...change, revision: moment.position }
    const kept: TicketRecord = { ticket, report: record.report, events }
    // Finished ones stand in the order of their end, which a snapshot keeps: so both forget the same ones.
    if (isFinal(ticket.state) && !isFinal(record.ticket.state)) tickets.delete(ticket.id)
    tickets.set(ticket.id, kept)
    index(ticket)
    moment.emit({
      kind: 'ticket',
      ticket,
      report: record.report,
      entry: { at: entry.at ?? moment.now, by: entry.by, what: entry.what, note: entry.note },
    })
  }

  return {
    records: () => tickets.values(),

    open(alert, state, rule, moment) {
      const id = `T${alert.id.slice(1)}`
      if (tickets.has(id)) return id
      const ticket: Ticket = {
        id,
        alert: alert.id,
        device: alert.device,
        deviceName: alert.deviceName,
        type: alert.type,
        division: alert.division,
        rule: alert.rule,
        severity: alert.severity,
        state: 'reported',
        caseNo: null,
        openedAt: moment.now,
        deadline: moment.now + deadlineHours[alert.severity] * HOUR_MS,
        text: alert.text,
        delivery: { state: 'queued', attempts: 0, lastError: null, nextAt: null },
        simulated: alert.simulated,
        revision: moment.position,
      }
      const report = caseReportOf(ticket, alert, state.device, state.type.type, rule, localTime)
      keep({ ticket, report, events: [] }, {}, { by: 'engine', what: 'opened', note: null }, moment)
      return id
    },

    note(ticketId, what, moment) {
      const record = tickets.get(ticketId)
      if (record === undefined || isFinal(record.ticket.state)) return
      keep(record, {}, { by: 'engine', what, note: null }, moment)
    },

    delivered(answer, moment) {
      const record = tickets.get(answer.ticket)
      if (record === undefined) return refused('not_found', `no ticket "${answer.ticket}"`)
      const { ticket } = record
      const { outcome, attempt } = answer
      if (ticket.delivery.state === 'delivered') {
        if (outcome.kind === 'accepted' && outcome.caseNo !== ticket.caseNo)
          keep(
            record,
            {},
            {
              by: 'case-system',
              what: 'other_case_no',
              note: `attempt ${attempt} was answered with case ${outcome.caseNo}; ${ticket.caseNo} stands`,
            },
            moment,
          )
        return duplicate
      }
      if (attempt <= ticket.delivery.attempts) return duplicate
      const change = changeBy(outcome, attempt, ticket)
      const note = outcome.kind === 'accepted' ? outcome.caseNo : outcome.error
      keep(record, change, { by: 'case-system', what: whatOf[outcome.kind], note }, moment)
      return applied
    },

    event(event, by, moment) {
      const id = event.ticket ?? (event.caseNo === null ? undefined : byCase.get(event.caseNo))
      const record = id === undefined ? undefined : tickets.get(id)
      if (record === undefined)
        return refused(
          'not_found',
          `no ticket for ${event.ticket === null ? `case "${event.caseNo}"` : `"${event.ticket}"`}`,
        )
      const { ticket } = record
      const seen = record.events.find(([known]) => known === event.id)
      if (seen !== undefined)
        return seen[1] === event.state
          ? duplicate
          : refused('not_allowed', `event "${event.id}" came before with state ${seen[1]}`)
      if (event.caseNo !== null && ticket.caseNo !== null && event.caseNo !== ticket.caseNo)
        return refused(
          'not_allowed',
          `ticket ${ticket.id} is case ${ticket.caseNo}, not ${event.caseNo}`,
        )
      const isLate = comesLate(ticket.state, event.state)
      if (!isLate && !mayFollow(ticket.state, event.state))
        return refused('not_allowed', `${event.state} cannot follow ${ticket.state}`)
      const events = [...record.events, [event.id, event.state] as const].slice(-EVENTS_MAX)
      keep(
        record,
        isLate ? {} : { state: event.state },
        { by: event.by ?? by, what: event.state, note: noteOf(event), at: event.at },
        moment,
        events,
      )
      return applied
    },

    retry(ticketId, by, moment) {
      const record = tickets.get(ticketId)
      if (record === undefined) return refused('not_found', `no ticket "${ticketId}"`)
      const { delivery } = record.ticket
      if (delivery.state === 'queued') return duplicate
      if (delivery.state === 'delivered')
        return refused('not_allowed', `ticket ${ticketId} is delivered already`)
      keep(
        record,
        { delivery: { ...delivery, state: 'queued', nextAt: null } },
        { by, what: 'retry_requested', note: null },
        moment,
      )
      return applied
    },
  }
}

const whatOf = { accepted: 'delivered', retry: 'retry', rejected: 'rejected' } as const

function changeBy(
  outcome: Delivered['outcome'],
  attempts: number,
  ticket: Ticket,
): Partial<Ticket> {
  if (outcome.kind === 'accepted') {
    const isEarly = ticket.state === 'reported' || ticket.state === 'accepted'
    return {
      delivery: { state: 'delivered', attempts, lastError: null, nextAt: null },
      caseNo: outcome.caseNo,
      state: isEarly ? 'filed' : ticket.state,
    }
  }
  const lastError = outcome.error
  return outcome.kind === 'retry'
    ? { delivery: { state: 'retrying', attempts, lastError, nextAt: outcome.nextAt } }
    : { delivery: { state: 'rejected', attempts, lastError, nextAt: null } }
}

function noteOf(event: CaseEvent): string | null {
  const parts = [event.note, event.code].filter((part) => part !== null && part !== '')
  return parts.length === 0 ? null : parts.join(' · ')
}
