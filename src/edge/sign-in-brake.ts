// Brakes guessing. A password carries 192 bits, so nobody guesses one; what is braked is the load and the noise, and never at the
// price of a good device, or the brake itself would be the attack:
//
// - a client id that failed too often from one address is refused from there at once, whatever it shows, until its count has
//   slowly run down; not elsewhere, and not where it has signed in before (many devices share one address behind a carrier's NAT)
// - an address with too many failures gets the next refusals late; whoever shows the right password notices nothing
//
// Loopback is exempt: behind a proxy it is everybody's address.

import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'
import { isLoopback, networkOf } from './address.ts'
import { putLatest } from './put-latest.ts'

export interface SignInBrake {
  /** Refuse without looking at the password? */
  isBlocked(clientId: string, address: string | null): boolean
  /** Counts a failure; the answer to it must wait so long. */
  failed(clientId: string, address: string | null): number
  succeeded(clientId: string, address: string | null): void
  /** A new credential deserves a new try. */
  forget(clientId: string): void
}

const ENTRIES_MAX = 10_000
const PLACES_MAX = 50_000
/** Addresses remembered for one client id. */
const ADDRESSES_MAX = 16

export function createSignInBrake(options: {
  readonly clock: Clock
  readonly limits: {
    readonly failuresPerClientMax: number
    readonly failuresPerAddressMax: number
    /** In this time a full count runs down to nothing. */
    readonly failuresForgottenMs: number
    readonly failureDelayMs: number
  }
}): SignInBrake {
  const { clock, limits } = options
  const byClient = new Map<string, Map<string, Count>>()
  const byAddress = new Map<string, Count>()
  const lastPlace = new Map<string, string>()

  function left(count: Count | undefined, max: number): number {
    if (count === undefined) return 0
    const elapsedMs = Math.max(0, clock.now() - count.at)
    return Math.max(0, count.failures - (elapsedMs * max) / limits.failuresForgottenMs)
  }

  function add(counts: Map<string, Count>, key: string, max: number, entriesMax: number): number {
    // A count above the most would take longer to run down than promised.
    const failures = Math.min(max, left(counts.get(key), max) + 1)
    putLatest(counts, key, { failures, at: clock.now() }, entriesMax)
    return failures
  }

  return {
    isBlocked(clientId, address) {
      if (address === null || isLoopback(address)) return false
      const place = networkOf(address)
      const max = limits.failuresPerClientMax
      // Blocked from the moment the count is full until one failure has been forgotten.
      return (
        left(byClient.get(clientId)?.get(place), max) > max - 1 + EPSILON &&
        lastPlace.get(clientId) !== place
      )
    },
    failed(clientId, address) {
      if (address === null || isLoopback(address)) return 0
      const place = networkOf(address)
      const places = byClient.get(clientId) ?? new Map<string, Count>()
      add(places, place, limits.failuresPerClientMax, ADDRESSES_MAX)
      putLatest(byClient, clientId, places, ENTRIES_MAX)
      const max = limits.failuresPerAddressMax
      const isOver = left(byAddress.get(place), max) > max - 1 + EPSILON
      add(byAddress, place, max, ENTRIES_MAX)
      return isOver ? limits.failureDelayMs : 0
    },
    succeeded(clientId, address) {
      byClient.delete(clientId)
      if (address !== null && !isLoopback(address))
        putLatest(lastPlace, clientId, networkOf(address), PLACES_MAX)
    },
    forget(clientId) {
      byClient.delete(clientId)
      lastPlace.delete(clientId)
    },
  }
}

interface Count {
  readonly failures: number
  readonly at: Millis
}

/** Sums of fractions are never exactly whole. */
const EPSILON = 1e-6
