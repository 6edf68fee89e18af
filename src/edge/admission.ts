// How many connections there may be, in total and from one address. Loopback counts in the total only.

import type { Limits } from './limits.ts'
import type { RefusalReason } from './refusal.ts'

export interface Admission {
  /** Counts the connection in, or says why not. */
  enter(address: string): { readonly reason: RefusalReason; readonly detail: string } | null
  /** Counts it out again; once per successful `enter`. */
  leave(address: string): void
}

export function createAdmission(
  limits: Pick<Limits, 'connectionsMax' | 'connectionsPerAddressMax'>,
): Admission {
  const perAddress = new Map<string, number>()
  let total = 0

  return {
    enter(address) {
      const fromThere = perAddress.get(address) ?? 0
      if (total >= limits.connectionsMax)
        return {
          reason: 'too_many_connections',
          detail: `Cannot accept ${address}: expected at most ${limits.connectionsMax} connections`,
        }
      if (fromThere >= limits.connectionsPerAddressMax && !isLoopback(address))
        return {
          reason: 'too_many_per_address',
          detail: `Cannot accept ${address}: expected at most ${limits.connectionsPerAddressMax} connections from it`,
        }
      total++
      perAddress.set(address, fromThere + 1)
      return null
    },
    leave(address) {
      total--
      const left = (perAddress.get(address) ?? 1) - 1
      if (left > 0) perAddress.set(address, left)
      else perAddress.delete(address)
    },
  }
}

/** `::ffff:10.0.0.1` is `10.0.0.1`: one host, one count. */
export function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:/, '')
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
