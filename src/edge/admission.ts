// Which connections are let in at all: how many at once, in total and from one place, and how many new ones a second. Loopback
// counts in the total only.

import type { Clock } from '../ports.ts'
import { isLoopback, networkOf } from './address.ts'
import type { Limits } from './limits.ts'
import { createBuckets } from './pace.ts'
import type { RefusalReason } from './refusal.ts'

export interface Admission {
  /** Counts the connection in, or says why not. */
  enter(address: string): { readonly reason: RefusalReason; readonly detail: string } | null
  /** Counts it out again; once per successful `enter`. */
  leave(address: string): void
}

const PLACES_MAX = 10_000

export function createAdmission(options: {
  readonly clock: Clock
  readonly limits: Pick<
    Limits,
    | 'connectionsMax'
    | 'connectionsPerAddressMax'
    | 'connectionsPerSecondMax'
    | 'connectionsBurstMax'
  >
}): Admission {
  const { clock, limits } = options
  const perPlace = new Map<string, number>()
  const bucketOf = createBuckets({
    clock,
    perSecond: limits.connectionsPerSecondMax,
    burst: limits.connectionsBurstMax,
    bytesEach: 0,
    entriesMax: PLACES_MAX,
  })
  let total = 0

  function problem(
    address: string,
    place: string,
  ): { reason: RefusalReason; expected: string } | null {
    if (total >= limits.connectionsMax)
      return {
        reason: 'too_many_connections',
        expected: `at most ${limits.connectionsMax} connections`,
      }
    if (isLoopback(address)) return null
    if ((perPlace.get(place) ?? 0) >= limits.connectionsPerAddressMax)
      return {
        reason: 'too_many_per_address',
        expected: `at most ${limits.connectionsPerAddressMax} connections from there`,
      }
    if (!bucketOf(place).take(0))
      return {
        reason: 'connection_rate',
        expected: `at most ${limits.connectionsPerSecondMax} new connections a second from there`,
      }
    return null
  }

  return {
    enter(address) {
      const place = networkOf(address)
      const found = problem(address, place)
      if (found !== null) {
        const { reason, expected } = found
        return { reason, detail: `Cannot accept ${address}: expected ${expected}` }
      }
      total++
      perPlace.set(place, (perPlace.get(place) ?? 0) + 1)
      return null
    },
    leave(address) {
      const place = networkOf(address)
      total--
      const left = (perPlace.get(place) ?? 1) - 1
      if (left > 0) perPlace.set(place, left)
      else perPlace.delete(place)
    },
  }
}
