// What a new credential makes of the one before: it ends at once, or lives on for a while so that a rotation interrupts nothing.

import type { Millis } from '../position.ts'

const OVERLAP_MAX_MS = 86_400_000

export interface Turned {
  readonly credential: string
  readonly previous: { readonly hash: string; readonly until: Millis } | null
}

/** A keyed hash in hexadecimal. */
export function isCredentialHash(hash: unknown): hash is string {
  return typeof hash === 'string' && /^[0-9a-f]{16,256}$/i.test(hash)
}

/** `previousUntil` has come with a command: an end that is past or no time means at once, one beyond a day means a day. */
export function turnCredential(
  before: string | null,
  hash: string,
  previousUntil: unknown,
  now: Millis,
): Turned {
  if (before === null || typeof previousUntil !== 'number' || !(previousUntil > now))
    return { credential: hash, previous: null }
  const until = Math.min(previousUntil, now + OVERLAP_MAX_MS)
  return { credential: hash, previous: { hash: before, until } }
}
