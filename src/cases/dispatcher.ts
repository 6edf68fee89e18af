// Carries tickets from the outbox to the case system: a few at a time, one attempt per ticket at a time, for ever.
// It remembers nothing that matters: after a restart the outbox says what is left, and the ticket's id makes a repetition harmless.

import type { Millis } from '../core/position.ts'
import type { CaseSystem, Clock, FileOutcome, OutboxItem, Submit } from '../ports.ts'
import { createAlarm } from './alarm.ts'
import { backoffMs } from './backoff.ts'
import { createCircuit } from './circuit.ts'
import { planDeliveries } from './delivery-plan.ts'
import { askedWaitMs, deliveryResult, type DeliveryResult } from './delivery-result.ts'

export interface DispatcherLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}

export interface DispatcherStatus {
  readonly inFlight: number
  /** Undelivered tickets that are not in flight, as of the last look at the outbox. */
  readonly waiting: number
  /** Of the last attempt that failed; null once one has succeeded since. */
  readonly lastError: string | null
  readonly circuit: 'closed' | 'open'
}

export interface Dispatcher {
  /** Says that tickets may have changed. Cheap; looks at the outbox soon, not at once. */
  wake(): void
  status(): DispatcherStatus
  /** Aborts what is in flight and resolves within a second. An aborted delivery is repeated after a restart. */
  close(): Promise<void>
}

export interface DispatcherOptions {
  readonly inFlightMax?: number
  /** Tickets read in one look at the outbox. */
  readonly outboxMax?: number
}

const FAILURES_TO_OPEN = 5
const PLAN_MAX = 512
// Looking at a long outbox costs the main thread milliseconds: not more often than this.
const LONG_OUTBOX = 256
const LONG_OUTBOX_PAUSE_MS = 1_000
const OUTBOX_FAILED_PAUSE_MS = 5_000
const SUBMIT_PAUSE_CAP_MS = 30_000
// How long the outbox may show a ticket as it was before an outcome that has been applied.
const PROJECTION_GRACE_MS = 5_000
// An outcome the engine did not take would otherwise be followed by the same attempt at once.
const REFUSED_PAUSE_MS = 300_000
const CLOSE_GRACE_MS = 900

/** Nothing happens before the first `wake()`: the composition root calls it once the journal takes answers. */
export function createDispatcher(parts: {
  readonly cases: CaseSystem
  readonly outbox: (limit: number) => readonly OutboxItem[]
  readonly submit: Submit
  readonly clock: Clock
  readonly log: DispatcherLog
  readonly random: () => number
  readonly options?: DispatcherOptions
}): Dispatcher {
  const { cases, outbox, submit, clock, log, random } = parts
  const { inFlightMax = 8, outboxMax = 5_000 } = parts.options ?? {}
  const circuit = createCircuit({ widthMax: inFlightMax, failuresMax: FAILURES_TO_OPEN })
  const alarm = createAlarm(clock)
  const flights = new Map<string, { abort: () => void; done: Promise<void> }>()
  /** Attempts whose outcome has been handed in, until the outbox shows it. */
  const settled = new Map<string, { attempt: number; until: Millis }>()
  let queue: OutboxItem[] = []
  let nextDueAt: Millis | null = null
  let stale = true
  let lookAt: Millis = Number.NEGATIVE_INFINITY
  let waiting = 0
  let lastError: string | null = null
  let pumpQueued = false
  let closing: Promise<void> | null = null

  function wake(): void {
    stale = true
    if (pumpQueued || closing !== null) return
    pumpQueued = true
    queueMicrotask(() => {
      pumpQueued = false
      pump()
    })
  }

  function pump(): void {
    if (closing !== null) return
    const now = clock.now()
    if (hasRoom(now)) {
      if (queue.length === 0 && nextDueAt !== null && nextDueAt <= now) stale = true
      if (stale && now >= lookAt) look(now)
    }
    while (hasRoom(now)) {
      const item = queue.shift()
      if (item === undefined) break
      start(item)
    }
    const at = nextPumpAt(now)
    if (at === null) alarm.clear('pump')
    else alarm.set('pump', at, pump)
  }

  function hasRoom(now: Millis): boolean {
    return flights.size < circuit.width(now, flights.size)
  }

  /** Null: nothing to wait for but a wake or the end of a delivery. */
  function nextPumpAt(now: Millis): Millis | null {
    if (circuit.state === 'open' ? flights.size > 0 : flights.size >= inFlightMax) return null
    const at = queue.length > 0 ? now : stale ? lookAt : nextDueAt
    return at === null || circuit.probeAt === null ? at : Math.max(at, circuit.probeAt)
  }

  function look(now: Millis): void {
    let items: readonly OutboxItem[]
    try {
      items = outbox(outboxMax)
    } catch (error) {
      lastError = `Cannot read the outbox: ${messageOf(error)}`
      log.warn({ error: lastError }, 'outbox not readable, trying again')
      lookAt = now + OUTBOX_FAILED_PAUSE_MS
      return
    }
    stale = false
    lookAt = now + (items.length > LONG_OUTBOX ? LONG_OUTBOX_PAUSE_MS : 0)
    for (const [id, { until }] of settled) if (until <= now) settled.delete(id)
    const plan = planDeliveries(items, now, notBefore, PLAN_MAX)
    queue = [...plan.due]
    nextDueAt = plan.nextAt
    waiting = items.reduce((sum, { ticket }) => sum + (flights.has(ticket.id) ? 0 : 1), 0)
  }

  function notBefore({ ticket }: OutboxItem): Millis | null {
    if (flights.has(ticket.id)) return null
    const done = settled.get(ticket.id)
    return done !== undefined && ticket.delivery.attempts < done.attempt
      ? done.until
      : Number.NEGATIVE_INFINITY
  }

  function start(item: OutboxItem): void {
    const controller = new AbortController()
    const { id } = item.ticket
    const done = deliver(item, controller.signal).finally(() => {
      flights.delete(id)
      wake()
    })
    flights.set(id, { abort: () => controller.abort(), done })
    waiting = Math.max(0, waiting - 1)
  }

  async function deliver({ ticket, report }: OutboxItem, signal: AbortSignal): Promise<void> {
    const attempt = ticket.delivery.attempts + 1
    const probe = circuit.state === 'open'
    let outcome: FileOutcome
    try {
      outcome = await cases.file(ticket.id, report, signal)
    } catch (error) {
      outcome = { kind: 'retry', error: `adapter failed: ${messageOf(error)}`, retryAfterMs: null }
    }
    if (closing !== null && outcome.kind === 'retry') return
    const now = clock.now()
    const result = deliveryResult(ticket.id, attempt, outcome, now, random())
    follow(outcome, now, probe)
    lastError = result.outcome.kind === 'accepted' ? null : result.outcome.error
    if (result.outcome.kind === 'rejected')
      log.warn({ ticket: ticket.id, attempt, error: result.outcome.error }, 'ticket refused')
    await handIn(result)
  }

  /** Lets the circuit know; a refusal is an answer too, so the other side is up. */
  function follow(outcome: FileOutcome, now: Millis, probe: boolean): void {
    const before = circuit.state
    if (outcome.kind !== 'retry') circuit.succeeded()
    else
      circuit.failed(now, probe, (step) =>
        Math.max(backoffMs(step, random()), askedWaitMs(outcome) ?? 0),
      )
    if (circuit.state === before) return
    if (outcome.kind === 'retry')
      log.warn({ error: outcome.error }, 'case system does not answer, asking one at a time')
    else log.info({}, 'case system answers again')
  }

  /** Keeps the result until the journal takes it: posting again would ask the case system what we know already. */
  async function handIn(result: DeliveryResult): Promise<void> {
    const { ticket, attempt } = result
    for (let tries = 0; ; tries += 1) {
      try {
        const taken = await submit({ kind: 'answer', by: 'case-system', answer: result })
        if (!taken.ok) log.warn({ ticket, attempt, detail: taken.detail }, 'outcome not taken')
        settled.set(ticket, {
          attempt,
          until: clock.now() + (taken.ok ? PROJECTION_GRACE_MS : REFUSED_PAUSE_MS),
        })
        return
      } catch (error) {
        if (closing !== null) return
        lastError = `Cannot record the outcome of ticket ${ticket}: ${messageOf(error)}`
        log.warn({ ticket, attempt, error: messageOf(error) }, 'outcome kept, trying again')
        const at = clock.now() + backoffMs(tries, random(), SUBMIT_PAUSE_CAP_MS)
        await new Promise<void>((resolve) => alarm.set(`submit ${ticket}`, at, resolve))
        if (closing !== null) return
      }
    }
  }

  async function shutDown(): Promise<void> {
    alarm.close()
    for (const flight of flights.values()) flight.abort()
    const grace = Promise.withResolvers<void>()
    const cancel = clock.after(CLOSE_GRACE_MS, grace.resolve)
    await Promise.race([grace.promise, Promise.all([...flights.values()].map(({ done }) => done))])
    cancel()
  }

  return {
    wake,
    status: () => ({ inFlight: flights.size, waiting, lastError, circuit: circuit.state }),
    close() {
      // Set before anything runs, so that nothing new begins while the flights end.
      closing ??= Promise.resolve().then(shutDown)
      return closing
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
