// What the case tests share: a ticket and its report, and an outbox and submit with the engine's meaning in a few lines.

import { yieldToLoop, type ManualClock } from '../../../src/clock.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Severity } from '../../../src/core/rule.ts'
import type { CaseReport, Ticket } from '../../../src/core/tickets/ticket.ts'
import { JournalUnavailable, type OutboxItem, type Submit } from '../../../src/ports.ts'

export const START = Date.UTC(2026, 10, 1, 14, 30)

export function reportOf(ticketId: string, severity: Severity = 'P2'): CaseReport {
  return {
    externalId: ticketId,
    source: '物联感知',
    eventType: '部件',
    mainType: '01',
    subType: '18',
    partCode: '1508020118000012',
    district: '150802',
    grid: '15080200100101',
    street: '胜利路',
    address: '胜利路 12 号灯',
    lon: 107.3921,
    lat: 40.7512,
    crs: 'WGS84',
    description: '漏电电流 41.2 mA，限值 30 mA',
    occurTime: '2026-11-01T22:29:00.000+08:00',
    reportTime: '2026-11-01T22:30:00.000+08:00',
    deadline: '2026-11-02T22:30:00.000+08:00',
    grade: '一般',
    urgency: '紧急',
    severity,
    rule: 'LEAKAGE',
    device: 'LH-L-00012',
    alert: `alert-${ticketId}`,
    dept1: '路灯管理所',
    dept3: null,
    simulated: true,
  }
}

export function ticketOf(id: string, change: Partial<Ticket> = {}): Ticket {
  return {
    id,
    alert: `alert-${id}`,
    device: 'LH-L-00012',
    deviceName: '胜利路 12 号灯',
    type: 'streetlight',
    division: '150802',
    rule: 'LEAKAGE',
    severity: 'P2',
    state: 'reported',
    caseNo: null,
    openedAt: START,
    deadline: START + 86_400_000,
    text: { zh: '漏电', en: 'Leakage' },
    delivery: { state: 'queued', attempts: 0, lastError: null, nextAt: null },
    simulated: true,
    revision: positionAt(1),
    ...change,
  }
}

export interface Desk {
  readonly tickets: Map<string, Ticket>
  readonly open: (ticket: Ticket) => void
  readonly outbox: (limit: number) => readonly OutboxItem[]
  readonly submit: Submit
  /** Outcomes handed in, in order. */
  readonly answers: { ticket: string; attempt: number; kind: string }[]
}

/** The engine as the dispatcher sees it. `fault` decides per submit: null, lost (not applied) or unsure (applied, but not said). */
export function createDesk(fault: () => 'lost' | 'unsure' | null = () => null): Desk {
  const tickets = new Map<string, Ticket>()
  const answers: { ticket: string; attempt: number; kind: string }[] = []

  function apply(id: string, attempt: number, outcome: { kind: string } & Outcome): boolean {
    const ticket = tickets.get(id)
    if (ticket === undefined || attempt <= ticket.delivery.attempts) return false
    if (ticket.delivery.state === 'delivered') return false
    const delivery = { attempts: attempt, lastError: null, nextAt: null }
    if (outcome.kind === 'accepted')
      tickets.set(id, {
        ...ticket,
        state: 'filed',
        caseNo: outcome.caseNo ?? null,
        delivery: { ...delivery, state: 'delivered' },
      })
    else
      tickets.set(id, {
        ...ticket,
        delivery: {
          ...delivery,
          state: outcome.kind === 'retry' ? 'retrying' : 'rejected',
          lastError: outcome.error ?? null,
          nextAt: outcome.nextAt ?? null,
        },
      })
    return true
  }

  return {
    tickets,
    answers,
    open: (ticket) => tickets.set(ticket.id, ticket),
    outbox: (limit) =>
      [...tickets.values()]
        .filter(({ delivery: { state } }) => state === 'queued' || state === 'retrying')
        .slice(0, limit)
        .map((ticket) => ({ ticket, report: reportOf(ticket.id, ticket.severity) })),
    submit(input) {
      if (input.kind !== 'answer' || input.answer.kind !== 'delivery')
        return Promise.reject(new TypeError(`expected a delivery, got a ${input.kind}`))
      const { ticket, attempt, outcome } = input.answer
      const trouble = fault()
      if (trouble === 'lost') return Promise.reject(new JournalUnavailable('disk full'))
      const applied = apply(ticket, attempt, outcome)
      answers.push({ ticket, attempt, kind: outcome.kind })
      return trouble === 'unsure'
        ? Promise.reject(new JournalUnavailable('no outcome after 15000 ms'))
        : Promise.resolve({ ok: true, note: applied ? 'applied' : 'duplicate' })
    },
  }
}

interface Outcome {
  readonly caseNo?: string
  readonly error?: string
  readonly nextAt?: number
}

/** Turns the clock from task to task up to `until`, letting promises run in between; returns the number of tasks' moments. */
export async function turn(clock: ManualClock, until: number): Promise<number> {
  let moments = 0
  for (;;) {
    await yieldToLoop()
    const next = clock.nextDue()
    if (next === null || next > until) break
    clock.set(next)
    moments += 1
  }
  clock.set(until)
  await yieldToLoop()
  return moments
}

/** Numbers in [0, 1) from a seed, always the same. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export const silentLog = { info: () => {}, warn: () => {} }
