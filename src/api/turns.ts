// Work of which only so much may be under way at once. Nobody waits in line: whoever finds no room is told when to come back.

import { ApiError, type ProblemCode } from './errors.ts'

export interface Turns {
  /** Takes a turn; the returned function gives it back, once. Throws ApiError when all are taken. */
  take(): () => void
  /** Runs the work in a turn of its own. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createTurns(options: {
  readonly max: number
  readonly code: ProblemCode
  /** What there are too many of: `exports`. */
  readonly what: string
  readonly retryAfterSeconds: number
}): Turns {
  const { max, code, what, retryAfterSeconds } = options
  let taken = 0

  function take(): () => void {
    if (taken >= max)
      throw new ApiError(code, `Expected at most ${max} ${what} at once`, { retryAfterSeconds })
    taken++
    let isTaken = true
    return () => {
      if (isTaken) taken--
      isTaken = false
    }
  }

  return {
    take,
    async run(work) {
      const giveBack = take()
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
  }
}
