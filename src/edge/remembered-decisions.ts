// A device publishes on the same topic all its life: what was decided stands until the directory changes.

import type { Principal, PublishDecision } from './access-policy.ts'

/** Topics whose decision is remembered; a city's devices have one each. */
const REMEMBERED_MAX = 200_000

export interface RememberedDecisions {
  find(who: Principal, topic: string): PublishDecision | null
  add(who: Principal, topic: string, decision: PublishDecision): void
}

export function createRememberedDecisions(directory: {
  readonly version: number
}): RememberedDecisions {
  const byTopic = new Map<string, { readonly who: Principal; readonly decision: PublishDecision }>()
  let version = directory.version

  return {
    find(who, topic) {
      if (version !== directory.version) {
        version = directory.version
        byTopic.clear()
      }
      const found = byTopic.get(topic)
      if (found === undefined || found.who.account !== who.account) return null
      // An account's connections all may the same.
      return who.account !== null || found.who.clientId === who.clientId ? found.decision : null
    },
    add(who, topic, decision) {
      if (byTopic.size >= REMEMBERED_MAX) byTopic.clear()
      byTopic.set(topic, { who, decision })
    },
  }
}
