// The simulated case system in process, without sockets: for simulations on a clock that is turned by hand.

import type { CaseEvent } from '../../src/core/input.ts'
import type { CaseSystem, Clock, FileOutcome } from '../../src/ports.ts'
import { friendly, type BehaviourPatch } from './behaviour.ts'
import { createCaseBook, type CaseCounters, type FiledCase, type Reception } from './case-book.ts'

export interface SimulatedCases extends CaseSystem {
  cases(): readonly FiledCase[]
  counters(): CaseCounters
  control(patch: BehaviourPatch): void
  close(): void
}

export function createSimulatedCases(options: {
  readonly clock: Clock
  readonly seed: number
  readonly behaviour?: BehaviourPatch
  /** Called when a case moves on. */
  readonly onEvent?: (event: CaseEvent) => void
  /** How long a caller waits for an answer that does not come. */
  readonly timeoutMs?: number
}): SimulatedCases {
  const { clock, seed, timeoutMs = 10_000 } = options
  const book = createCaseBook({
    clock,
    seed,
    behaviour: { ...friendly, ...options.behaviour },
    onEvent: options.onEvent ?? (() => {}),
  })

  return {
    async file(ticketId, report, signal) {
      if (signal.aborted) return retry('given up before an answer came')
      const delivery = {
        key: ticketId,
        externalId: report.externalId,
        body: JSON.stringify(report),
      }
      const reception = book.receive(delivery)
      const answerMs = answerAfterMs(reception)
      if (!(await waited(clock, Math.min(answerMs, timeoutMs), signal)))
        return retry('given up before an answer came')
      if (answerMs > timeoutMs) return retry(`no answer within ${timeoutMs} ms`)
      return outcomeOf(reception, book.behaviour.retryAfterSeconds)
    },
    cases: () => book.cases(),
    counters: () => book.counters(),
    control: (patch) => book.change(patch),
    close: () => book.close(),
  }
}

function answerAfterMs(reception: Reception): number {
  if (reception.kind === 'reset') return 0
  return reception.kind === 'filed' && reception.answer === 'silent'
    ? Number.POSITIVE_INFINITY
    : reception.afterMs
}

function outcomeOf(reception: Reception, retryAfterSeconds: number | null): FileOutcome {
  if (reception.kind === 'failed')
    return retry(
      `answered ${reception.status}`,
      retryAfterSeconds === null ? null : retryAfterSeconds * 1000,
    )
  if (reception.kind === 'refused')
    return { kind: 'rejected', error: `answered ${reception.status}: ${reception.reason}` }
  return reception.kind === 'filed' && reception.answer === 'given'
    ? { kind: 'accepted', caseNo: reception.caseNo }
    : retry('connection reset')
}

function retry(error: string, retryAfterMs: number | null = null): FileOutcome {
  return { kind: 'retry', error, retryAfterMs }
}

/** False when the signal aborted first. */
function waited(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms === 0) return Promise.resolve(true)
  return new Promise((resolve) => {
    const giveUp = () => {
      cancel()
      resolve(false)
    }
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', giveUp)
      resolve(true)
    })
    signal.addEventListener('abort', giveUp, { once: true })
  })
}
