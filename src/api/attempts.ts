// Wrong credentials, counted per address: five at once, then one every three minutes (five in 15 minutes). Only wrong ones are
// slowed down. A right credential always enters, so nobody can lock others out; guessing 32 random characters stays hopeless.

import type { Clock } from '../ports.ts'
import { ApiError } from './errors.ts'

export interface Attempts {
  /** Counts one and returns what to answer. */
  wrong(address: string): ApiError
}

const BURST = 5
const RECOVERY_MS = 180_000
/** Beyond it the address that failed longest ago is forgotten. */
const ADDRESSES_MAX = 10_000

export function createAttempts(options: {
  readonly clock: Clock
  readonly onSlowed: (address: string) => void
}): Attempts {
  const fullAgainAt = new Map<string, number>()
  return {
    wrong(address) {
      const now = options.clock.now()
      const spentUntil = Math.max(fullAgainAt.get(address) ?? now, now)
      const waitMs = spentUntil + RECOVERY_MS - (now + BURST * RECOVERY_MS)
      fullAgainAt.delete(address)
      if (waitMs > 0) {
        fullAgainAt.set(address, spentUntil)
        return new ApiError(
          'too_many_attempts',
          `Expected a right credential after ${BURST} wrong ones`,
          { retryAfterSeconds: Math.ceil(waitMs / 1000) },
        )
      }
      fullAgainAt.set(address, spentUntil + RECOVERY_MS)
      if (waitMs + RECOVERY_MS > 0) options.onSlowed(address)
      const oldest = fullAgainAt.keys().next()
      if (fullAgainAt.size > ADDRESSES_MAX && oldest.done !== true) fullAgainAt.delete(oldest.value)
      return new ApiError('invalid_credentials', 'Expected a right credential, got a wrong one')
    },
  }
}
