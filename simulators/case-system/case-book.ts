// The simulated case system without its wire: takes deliveries, keeps cases, moves them on. Both the HTTP server and the
// in-process adapter are thin coats over it.

import type { CaseEvent } from '../../src/core/input.ts'
import type { Millis } from '../../src/core/position.ts'
import type { Clock } from '../../src/ports.ts'
import type { Behaviour, BehaviourPatch } from './behaviour.ts'
import { nextStep, type CaseState, type Step } from './case-life.ts'
import { draw } from './draw.ts'
import { createDueQueue } from './due-queue.ts'

export interface FiledCase {
  readonly caseNo: string
  readonly externalId: string
  readonly receivedAt: Millis
  /** How often it was delivered, the first time included. */
  readonly deliveries: number
  readonly state: CaseState
  readonly body: string
}

export interface CaseCounters {
  readonly deliveries: number
  readonly filed: number
  readonly repeated: number
  readonly failed: number
  readonly refused: number
  readonly unanswered: number
  /** Cases beyond the first for the same externalId: 0, or somebody filed a ticket twice. */
  readonly duplicatesFiled: number
  /** Repetitions whose body was not the first one's, byte for byte. */
  readonly bodiesChanged: number
  readonly events: number
}

/** What becomes of one delivery; `afterMs` is the time until its answer. */
export type Reception =
  | { readonly kind: 'reset' }
  | { readonly kind: 'failed'; readonly afterMs: number; readonly status: number }
  | {
      readonly kind: 'refused'
      readonly afterMs: number
      readonly status: number
      readonly reason: string
    }
  | {
      readonly kind: 'filed'
      readonly afterMs: number
      readonly caseNo: string
      readonly repeated: boolean
      readonly answer: 'given' | 'silent' | 'cut'
    }

export interface CaseBook {
  /** A delivery without a key cannot be recognised when it comes again, so it makes a new case every time. */
  receive(delivery: { key: string | null; externalId: string; body: string }): Reception
  cases(offset?: number, limit?: number): readonly FiledCase[]
  counters(): CaseCounters
  readonly behaviour: Behaviour
  change(patch: BehaviourPatch): void
  close(): void
}

interface Case {
  caseNo: string
  externalId: string
  receivedAt: Millis
  deliveries: number
  state: CaseState
  body: string
  rounds: number
  steps: number
  /** A step is planned. */
  moving: boolean
}

const CASES_MAX = 100_000

export function createCaseBook(options: {
  readonly clock: Clock
  readonly seed: number
  readonly behaviour: Behaviour
  readonly onEvent: (event: CaseEvent) => void
}): CaseBook {
  const { clock, seed, onEvent } = options
  let behaviour = options.behaviour
  const book: Case[] = []
  const byKey = new Map<string, Case>()
  const firstByExternalId = new Map<string, string>()
  const count = {
    deliveries: 0,
    filed: 0,
    repeated: 0,
    failed: 0,
    refused: 0,
    unanswered: 0,
    duplicatesFiled: 0,
    bodiesChanged: 0,
    events: 0,
  }
  // Numbers of two runs differ, as a restarted simulator has forgotten the cases of the run before.
  const run = new Date(clock.now() + 8 * 3_600_000)
    .toISOString()
    .replace(/[-T:]/g, '')
    .replace('.', '-')
    .replace('Z', '')
  const steps = createDueQueue<Case>(clock, advance)

  function receive(delivery: { key: string | null; externalId: string; body: string }): Reception {
    count.deliveries += 1
    const { key } = delivery
    const name = key ?? delivery.externalId
    // The running number makes a repetition meet fresh luck; a refusal is for good, so it depends on the ticket alone.
    const luck = (what: string) => draw(seed, `${what} ${name} ${count.deliveries}`)
    if (behaviour.down) return { kind: 'reset' }
    const afterMs = behaviour.delayMs + luck('delay') * behaviour.delaySpreadMs
    if (luck('fail') < behaviour.failShare) return fail(afterMs, behaviour.failStatus)
    const known = key === null ? undefined : byKey.get(key)
    if (known === undefined && draw(seed, `refuse ${name}`) < behaviour.refuseShare) {
      count.refused += 1
      return { kind: 'refused', afterMs, status: behaviour.refuseStatus, reason: '不予受理' }
    }
    if (known === undefined && book.length >= CASES_MAX) return fail(afterMs, 503)
    const filed = known ?? file(delivery)
    if (known !== undefined) {
      known.deliveries += 1
      count.repeated += 1
      if (known.body !== delivery.body) count.bodiesChanged += 1
    }
    const chance = luck('answer')
    const answer =
      chance < behaviour.silentShare
        ? 'silent'
        : chance < behaviour.silentShare + behaviour.dropShare
          ? 'cut'
          : 'given'
    if (answer !== 'given') count.unanswered += 1
    const repeated = known !== undefined
    return { kind: 'filed', afterMs, caseNo: filed.caseNo, repeated, answer }
  }

  function fail(afterMs: number, status: number): Reception {
    count.failed += 1
    return { kind: 'failed', afterMs, status }
  }

  function file(delivery: { key: string | null; externalId: string; body: string }): Case {
    const { key, externalId, body } = delivery
    const filed: Case = {
      caseNo: `${run}-${String(book.length + 1).padStart(6, '0')}`,
      externalId,
      receivedAt: clock.now(),
      deliveries: 1,
      state: 'filed',
      body,
      rounds: 0,
      steps: 0,
      moving: false,
    }
    book.push(filed)
    if (key !== null) byKey.set(key, filed)
    count.filed += 1
    const first = firstByExternalId.get(externalId)
    if (first === undefined) firstByExternalId.set(externalId, filed.caseNo)
    else count.duplicatesFiled += 1
    if (draw(seed, `answer twice ${externalId}`) < behaviour.duplicateAnswerShare)
      tell(filed, { state: 'filed', by: '受理席', note: null, code: null })
    planStep(filed)
    return filed
  }

  function planStep(filed: Case): void {
    if (filed.moving || behaviour.stageMs === 0 || filed.state === 'closed') return
    filed.moving = true
    const spread = 0.5 + draw(seed, `stage ${filed.externalId} ${filed.steps}`)
    steps.add(clock.now() + behaviour.stageMs * spread, filed)
  }

  function advance(filed: Case): void {
    filed.moving = false
    // Cases were stopped after this step was planned.
    if (behaviour.stageMs === 0) return
    const chance = draw(seed, `step ${filed.externalId} ${filed.steps}`)
    const step = nextStep(filed.state, filed.rounds, chance, behaviour)
    if (step === null) return
    if (step.state === 'returned' || step.state === 'rework') filed.rounds += 1
    filed.state = step.state
    tell(filed, step)
    planStep(filed)
  }

  function tell(filed: Case, step: Step): void {
    filed.steps += 1
    const { caseNo, externalId } = filed
    const id = `${caseNo}-${filed.steps}`
    const event = { ...step, id, ticket: externalId, caseNo, at: clock.now() }
    const times = draw(seed, `event twice ${id}`) < behaviour.duplicateEventShare ? 2 : 1
    for (let n = 0; n < times; n += 1) {
      count.events += 1
      onEvent(event)
    }
  }

  return {
    receive,
    cases: (offset = 0, limit = CASES_MAX) => book.slice(offset, offset + limit).map(shown),
    counters: () => ({ ...count }),
    get behaviour() {
      return behaviour
    },
    change(patch) {
      const stood = behaviour.stageMs === 0
      behaviour = { ...behaviour, ...patch }
      if (stood && behaviour.stageMs > 0) for (const filed of book) planStep(filed)
    },
    close: () => steps.close(),
  }
}

function shown(filed: Case): FiledCase {
  const { caseNo, externalId, receivedAt, deliveries, state, body } = filed
  return { caseNo, externalId, receivedAt, deliveries, state, body }
}
