// Waiting for something, but not for ever.

import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'

/** Resolves or rejects with the work, or resolves after `ms`; the work goes on. */
export async function within(clock: Clock, ms: Millis, work: Promise<void>): Promise<void> {
  let cancel = () => {}
  const waited = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve)
  })
  try {
    await Promise.race([work, waited])
  } finally {
    cancel()
  }
}
