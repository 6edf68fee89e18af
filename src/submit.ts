// Commands and answers on their way in: appended to the journal, and told what the engine made of them, found by the position.

import type { Outcome } from './core/input.ts'
import { formatPosition, type Position } from './core/position.ts'
import { JournalUnavailable, type Clock, type Journal, type Submit } from './ports.ts'

export interface Submitter {
  readonly submit: Submit
  /** The engine's word on the input at this position. */
  settle(position: Position, outcome: Outcome): void
}

const WAITING_MAX = 10_000

export function createSubmit(options: {
  readonly journal: Journal
  readonly clock: Clock
  readonly timeoutMs?: number
}): Submitter {
  const { journal, clock, timeoutMs = 15_000 } = options
  const waiting = new Map<Position, (outcome: Outcome) => void>()

  return {
    submit: (input) =>
      new Promise((resolve, reject) => {
        if (waiting.size >= WAITING_MAX) {
          reject(new JournalUnavailable(`${waiting.size} inputs wait for their outcome already`))
          return
        }
        const body = input.kind === 'command' ? input.command : input.answer
        let position: Position | null = null
        const cancel = clock.after(timeoutMs, () => {
          if (position !== null) waiting.delete(position)
          const where =
            position === null ? 'not committed yet' : `committed at ${formatPosition(position)}`
          reject(new JournalUnavailable(`No outcome after ${timeoutMs} ms, ${where}`))
        })
        journal.append(
          {
            kind: input.kind,
            flags: 0,
            client: input.by,
            topic: body.kind,
            payload: Buffer.from(JSON.stringify(body)),
          },
          (outcome) => {
            if (outcome.kind === 'committed') {
              position = outcome.position
              waiting.set(outcome.position, (settled) => {
                cancel()
                resolve(settled)
              })
              return
            }
            cancel()
            reject(
              new JournalUnavailable(
                outcome.kind === 'refused'
                  ? `The journal refused: ${outcome.reason}`
                  : outcome.cause,
              ),
            )
          },
        )
      }),
    settle(position, outcome) {
      const resolve = waiting.get(position)
      waiting.delete(position)
      resolve?.(outcome)
    },
  }
}
