// Questions to the telemetry database: so many at once, each for so long, and none for somebody who has gone. Whatever the database
// does, a turn comes free again.

import type { FastifyReply } from 'fastify'
import { TelemetryUnavailable, type Clock } from '../ports.ts'
import { ApiError } from './errors.ts'

/** Nobody looks at an empty chart for longer. */
const QUESTION_MS = 30_000
const RETRY_MS = 10_000

export interface Questions {
  /**
   * Runs the work in a turn of its own. Rejects with ApiError when all turns are taken, and with TelemetryUnavailable when the work takes
   * too long. When nobody waits for the answer any more the signal is aborted: the work should ask for nothing further.
   */
  run<T>(reply: Pick<FastifyReply, 'raw'>, work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

export function createQuestions(options: {
  readonly clock: Pick<Clock, 'after'>
  readonly max: number
  /** What there are too many of: `questions about one device`. */
  readonly what: string
}): Questions {
  const { clock, max, what } = options
  /** Questions that somebody waits for. */
  let waiting = 0
  /**
   * Those that nobody waits for, with the database still at work on them. They keep no turn, but there may only be as many as there are
   * turns: else whoever asks and leaves, again and again, would fill the memory.
   */
  let left = 0
  /** Those among them that have taken too long. */
  let overdue = 0

  function expectRoom(): void {
    if (waiting < max && waiting + left < 2 * max) return
    if (overdue > 0) throw tooSlow()
    throw new ApiError('too_many_queries', `Expected at most ${max} ${what} at once`, {
      retryAfterSeconds: 1,
    })
  }

  return {
    async run(reply, work) {
      expectRoom()
      waiting++
      const given = new AbortController()
      const gaveUp = Promise.withResolvers<never>()
      let isLeft = false
      let isOverdue = false

      function leave(why: Error): void {
        if (isLeft) return
        isLeft = true
        waiting--
        left++
        given.abort(why)
        gaveUp.reject(why)
      }

      const cancelTimer = clock.after(QUESTION_MS, () => {
        isOverdue = true
        overdue++
        leave(tooSlow())
      })
      const onClose = () => leave(new ApiError('bad_request', 'Who asked has gone'))
      reply.raw.once('close', onClose)

      function settle(): void {
        cancelTimer()
        reply.raw.off('close', onClose)
        if (isOverdue) overdue--
        if (isLeft) left--
        else waiting--
      }

      const working = (async () => {
        try {
          return await work(given.signal)
        } finally {
          settle()
        }
      })()
      // What it says after everybody has left is of no interest.
      working.catch(() => undefined)
      return Promise.race([working, gaveUp.promise])
    },
  }
}

function tooSlow(): TelemetryUnavailable {
  return new TelemetryUnavailable(
    `The telemetry database has not answered in ${QUESTION_MS / 1000} s`,
    RETRY_MS,
  )
}
