// SUBSCRIBE and every delivery: what the policy does not allow is denied with SUBACK 0x80 or not sent; the connection stays.

import type { AedesOptions, Subscription } from 'aedes'
import type { Limits } from './limits.ts'
import type { AccessPolicy } from './access-policy.ts'
import type { RefusalReason, Refusals } from './refusal.ts'
import type { Session, Sessions } from './session.ts'
import { isReserved } from './topic-rules.ts'

type Hooks = Required<Pick<AedesOptions, 'authorizeSubscribe' | 'authorizeForward'>>

/** `allowed` collects the subscriptions that passed, for the session store. */
export function createSubscribeHooks(options: {
  readonly policy: AccessPolicy
  readonly sessions: Sessions
  readonly limits: Limits
  readonly refusals: Refusals
  readonly allowed: WeakSet<object>
}): Hooks {
  const { policy, sessions, limits, refusals } = options

  function problem(
    session: Session,
    id: string,
    subscription: Subscription,
  ): { reason: RefusalReason; detail: string } | null {
    const { topic, qos } = subscription
    try {
      if (isReserved(topic) || !policy.subscribe(id, topic, qos))
        return { reason: 'subscription_denied', detail: `Cannot subscribe to "${topic}"` }
    } catch (error) {
      return { reason: 'internal', detail: `Cannot decide on the subscription: ${String(error)}` }
    }
    if (session.filters.size < limits.subscriptionsPerClientMax || session.filters.has(topic))
      return null
    return {
      reason: 'too_many_subscriptions',
      detail: `Cannot subscribe: expected at most ${limits.subscriptionsPerClientMax} subscriptions`,
    }
  }

  return {
    authorizeSubscribe(client, subscription, done) {
      const session = sessions.of(client)
      if (session === undefined || session.isEnded) {
        done(null, null)
        return
      }
      const found = problem(session, client.id, subscription)
      if (found !== null) {
        refusals.refuse(found.reason, client.id, subscription.topic, found.detail)
        done(null, null)
        return
      }
      session.filters.add(subscription.topic)
      options.allowed.add(subscription)
      done(null, subscription)
    },
    authorizeForward(client, packet) {
      try {
        const isFine = !isReserved(packet.topic) && policy.forward(client.id, packet.topic)
        return isFine ? packet : null
      } catch (error) {
        const detail = `Cannot decide on the delivery: ${String(error)}`
        refusals.refuse('internal', client.id, packet.topic, detail)
        return null
      }
    },
  }
}
