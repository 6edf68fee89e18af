// SUBSCRIBE and every delivery: what the policy does not allow is denied with SUBACK 0x80 or not sent; the connection stays.

import type { AedesOptions, Subscription } from 'aedes'
import type { Limits } from './limits.ts'
import type { AccessPolicy } from './access-policy.ts'
import { NOBODY } from './refusal.ts'
import type { RefusalReason, Refusals } from './refusal.ts'
import type { Session, Sessions } from './session.ts'
import { filterMatches, isReserved } from './topic-rules.ts'

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
    subscription: Subscription,
  ): { reason: RefusalReason; detail: string } | null {
    const { topic, qos } = subscription
    try {
      const { principal } = session
      if (isReserved(topic) || principal === null || !policy.subscribe(principal, topic, qos))
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
      const found = problem(session, subscription)
      if (found !== null) {
        refusals.refuse(found.reason, session, subscription.topic, found.detail)
        done(null, null)
        return
      }
      session.filters.set(subscription.topic, subscription.qos)
      options.allowed.add(subscription)
      // aedes would let whichever of several matching filters it meets first decide on the QoS. So it takes them all for QoS 2,
      // and every delivery is lowered below to what was granted, which is also what the SUBACK says.
      done(null, { ...subscription, qos: 2 })
    },
    authorizeForward(client, packet) {
      const session = sessions.of(client)
      const who = session?.principal ?? null
      try {
        if (who === null || isReserved(packet.topic) || !policy.forward(who, packet.topic))
          return null
        const granted = packet.qos > 0 ? grantedQos(session, packet.topic) : null
        if (granted !== null && granted < packet.qos) packet.qos = granted
        return packet
      } catch (error) {
        const detail = `Cannot decide on the delivery: ${String(error)}`
        refusals.refuse('internal', session ?? NOBODY, packet.topic, detail)
        return null
      }
    },
  }
}

/** The highest QoS of the filters that match [MQTT-3.3.5-1]; null when none does any more. */
function grantedQos(session: Session | undefined, topic: string): 0 | 1 | 2 | null {
  let best: 0 | 1 | 2 | null = null
  for (const [filter, qos] of session?.filters ?? [])
    if ((best === null || qos > best) && filterMatches(filter, topic)) best = qos
  return best
}
