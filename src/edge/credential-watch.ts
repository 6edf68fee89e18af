// Ends connections whose credential has ended: at the time that was known when they signed in, or at one that a rotation has set
// since. Revocations end at once and come another way.

import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'
import type { AccessPolicy } from './access-policy.ts'
import { endAt } from './end-at.ts'
import type { Refusals } from './refusal.ts'
import type { Session, Sessions } from './session.ts'

export interface CredentialWatch {
  /** From now on this connection ends at `until` at the latest. */
  limit(session: Session, until: Millis): void
  close(): void
}

const LOOK_MS = 1_000

export function createCredentialWatch(options: {
  readonly clock: Clock
  readonly sessions: Sessions
  readonly policy: AccessPolicy
  readonly refusals: Refusals
  /** Without a version of the registry nothing can have changed. */
  readonly registry: { readonly version?: number } | undefined
}): CredentialWatch {
  const { clock, sessions, policy, refusals, registry } = options
  let seen = registry?.version
  let cancel = clock.after(LOOK_MS, look)

  /** A rotation names no connection; so all are looked at, once a second, when anything has changed. */
  function look(): void {
    cancel = clock.after(LOOK_MS, look)
    if (registry?.version === seen) return
    seen = registry?.version
    for (const session of sessions.all())
      if (session.principal !== null) limit(session, goodUntil(session))
  }

  function goodUntil({ principal, decision }: Session): Millis {
    if (principal === null || decision?.allow !== true || policy.goodUntil === undefined)
      return Number.POSITIVE_INFINITY
    return policy.goodUntil(principal, decision.credential ?? null)
  }

  function limit(session: Session, until: Millis): void {
    if (until >= session.goodUntil) return
    session.goodUntil = until
    session.onEnd.push(
      endAt(until, clock, () => {
        const detail = 'Cannot stay connected: the credential it has signed in with is over'
        session.client.emit('error', refusals.refuse('credential_over', session, null, detail))
      }),
    )
  }

  return { limit, close: () => cancel() }
}
