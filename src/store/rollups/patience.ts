// How long the same piece of work may fail before the rest goes on without it: a database that is away is waited for, a damaged file
// is not.

import { TelemetryUnavailable } from '../../ports.ts'

/** Runs the work and rethrows what it throws, but for the third time in a row: then `giveUp` hears the error. */
export type Patiently = (
  key: string,
  work: () => Promise<void>,
  giveUp: (error: unknown) => void,
) => Promise<void>

const TRIES = 3

export function createPatience(): Patiently {
  // Work is done in order, so only one piece can be failing.
  let failing = ''
  let failures = 0

  return async (key, work, giveUp) => {
    try {
      await work()
      if (failing === key) failures = 0
    } catch (error) {
      if (error instanceof TelemetryUnavailable) throw error
      failures = failing === key ? failures + 1 : 1
      failing = key
      if (failures < TRIES) throw error
      failures = 0
      giveUp(error)
    }
  }
}
