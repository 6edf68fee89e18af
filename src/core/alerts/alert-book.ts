// The open alerts of the engine, and the last closed ones (so that a late comment or acknowledgement finds them). The only place
// that makes alert ids and emits alert effects.

import type { Alert } from './alert.ts'
import type { DeviceState, Slot } from '../device-state.ts'
import type { Leaf } from '../detectors/detector.ts'
import type { EffectSink } from '../effect.ts'
import { reduceAlert, step } from './lifecycle.ts'
import type { AlertEvent, Evidence, Step } from './lifecycle.ts'
import type { Millis, Position } from '../position.ts'
import { severityOn } from '../rule.ts'
import type { Rule } from '../rule.ts'
import { textOf } from './wording.ts'

const CLOSED_MAX = 1000
const MINUTE_MS = 60_000

/** Where and when something happens. */
export interface Moment {
  readonly now: Millis
  readonly position: Position
  readonly emit: EffectSink
}

/** The (device, rule) an alert speaks of. */
interface Subject {
  readonly state: DeviceState
  readonly slot: Slot
}

export interface AlertBook {
  get(id: string): Alert | undefined
  /** A new episode, or the old one going on while nobody has seen its end. Returns the alert and whether it is new. */
  raise(subject: Subject, moment: Moment): { readonly alert: Alert; readonly isNew: boolean }
  attachTicket(alertId: string, ticketId: string, moment: Moment): void
  /** Null when the event changes nothing or the alert is not known. `subject` is what has more to say about it, if anything. */
  change(alertId: string, event: AlertEvent, subject: Subject | null, moment: Moment): Alert | null
  open(): Iterable<Alert>
  closed(): Iterable<Alert>
}

export function createAlertBook(options: {
  readonly open: readonly Alert[]
  readonly closed: readonly Alert[]
}): AlertBook {
  const open = new Map(options.open.map((alert) => [alert.id, alert]))
  const closed = new Map(options.closed.map((alert) => [alert.id, alert]))

  function keep({ alert, entry }: Step, emit: EffectSink): Alert {
    if (alert.state === 'closed') {
      open.delete(alert.id)
      closed.delete(alert.id)
      closed.set(alert.id, alert)
      for (const oldest of closed.keys()) {
        if (closed.size <= CLOSED_MAX) break
        closed.delete(oldest)
      }
    } else open.set(alert.id, alert)
    emit({ kind: 'alert', alert, entry })
    return alert
  }

  function change(
    id: string,
    event: AlertEvent,
    subject: Subject | null,
    moment: Moment,
  ): Alert | null {
    const alert = open.get(id) ?? closed.get(id)
    if (alert === undefined) return null
    const minutes =
      subject !== null && event.kind === 'raised_again'
        ? minutesOf(subject.slot)
        : Number(alert.because.params['minutes'] ?? 0)
    const evidence = subject === null ? pick(alert) : evidenceOf(subject, minutes)
    const next = reduceAlert(alert, event, evidence, moment.now, moment.position)
    return next === null ? null : keep(next, moment.emit)
  }

  return {
    get: (id) => open.get(id) ?? closed.get(id),
    change,
    open: () => open.values(),
    closed: () => closed.values(),

    raise(subject, moment) {
      const { slot } = subject
      const again =
        slot.alert === null ? null : change(slot.alert, { kind: 'raised_again' }, subject, moment)
      if (again !== null) return { alert: again, isNew: false }
      const alert = newAlert(subject, moment.position)
      return { alert: keep(step(alert, moment.now, 'engine', 'raised'), moment.emit), isNew: true }
    },

    attachTicket(alertId, ticketId, moment) {
      const alert = open.get(alertId)
      if (alert === undefined) return
      const linked = { ...alert, ticket: ticketId, revision: moment.position }
      keep(step(linked, moment.now, 'engine', 'ticket_opened', ticketId), moment.emit)
    },
  }
}

/** What the slot has seen last, in words and numbers. */
function evidenceOf({ state, slot }: Subject, minutes: number): Evidence {
  const { rule, leaf } = ruleOf({ state, slot })
  const value = Number.isNaN(slot.value) ? null : slot.value
  const limit = Number.isNaN(slot.limit) ? null : slot.limit
  return {
    value,
    limit,
    unit: leaf.unit,
    metric: leaf.metric,
    because: { code: leaf.code, params: paramsOf(rule, leaf, value, limit, minutes) },
    text: textOf(rule, leaf, { value, limit, minutes }),
  }
}

function ruleOf({ state, slot }: Subject): { readonly rule: Rule; readonly leaf: Leaf } {
  const rule = state.type.type.rules[slot.index]
  const leaf = state.type.detectors[slot.index]?.leaves[slot.leaf]
  if (rule === undefined || leaf === undefined)
    throw new RangeError(
      `Cannot describe an alert of ${state.device.id}: expected rule ${slot.index} of type ${state.type.type.id}`,
    )
  return { rule, leaf }
}

function minutesOf(slot: Slot): number {
  return Math.round((slot.at - slot.since) / MINUTE_MS)
}

function paramsOf(
  rule: Rule,
  leaf: Leaf,
  value: number | null,
  limit: number | null,
  minutes: number,
): Alert['because']['params'] {
  return {
    ...(value === null ? {} : { value }),
    ...(limit === null ? {} : { limit }),
    minutes,
    samples: rule.confirm.samples,
    of: rule.confirm.of,
    ...(leaf.operand === null ? {} : { operand: leaf.operand }),
    // A limit of our own is never shown as one of a standard.
    ...(leaf.standard.status === 'proposal' ? {} : { standard: leaf.standard.ref }),
  }
}

function newAlert(subject: Subject, position: Position): Alert {
  const { state, slot } = subject
  const { device } = state
  const { rule } = ruleOf(subject)
  // The same first moment again (a rule that returned and came back on one sample's time): the next ordinal.
  slot.alertOrdinal = slot.alertSince === slot.since ? slot.alertOrdinal + 1 : 1
  slot.alertSince = slot.since
  const ordinal = slot.alertOrdinal === 1 ? '' : `.${slot.alertOrdinal}`
  return {
    id: `A.${device.id}.${rule.id}.${Math.round(slot.since).toString(36)}${ordinal}`,
    device: device.id,
    type: device.type,
    division: device.division,
    deviceName: device.name,
    street: device.street,
    rule: rule.id,
    severity: severityOn(device.roadClass, rule),
    state: 'unack_active',
    raisedAt: slot.at,
    since: slot.since,
    ...evidenceOf(subject, minutesOf(slot)),
    ticket: null,
    parent: null,
    children: 0,
    count: 1,
    ackedAt: null,
    ackedBy: null,
    returnedAt: null,
    closedAt: null,
    simulated: device.simulated,
    revision: position,
  }
}

function pick(evidence: Evidence): Evidence {
  const { value, limit, unit, metric, because, text } = evidence
  return { value, limit, unit, metric, because, text }
}
