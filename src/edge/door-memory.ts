// What the MQTT door remembers of those it turned away, for people: the last refusals of each client id, and the client ids nobody
// has registered. Bounded in every direction, lost at a restart.

import type { Clock, DoorMemory, DoorRefusal, UnknownClient } from '../ports.ts'
import { putLatest } from './put-latest.ts'
import type { OnRefused } from './refusal.ts'

const CLIENTS_MAX = 5_000
const REFUSALS_MAX = 20
const UNKNOWN_MAX = 1_000

export interface FedDoorMemory extends DoorMemory {
  readonly note: OnRefused
  /** It has signed in since: it is not unknown any more. */
  known(client: string): void
}

/** `isKnown` says whether a device or account of that name exists by now. */
export function createDoorMemory(options: {
  readonly clock: Clock
  readonly isKnown: (client: string) => boolean
}): FedDoorMemory {
  const { clock, isKnown } = options
  const refusals = new Map<string, readonly DoorRefusal[]>()
  const unknown = new Map<string, UnknownClient>()

  return {
    note(reason, { client, address, topic, detail }) {
      if (client === null) return
      const at = clock.now()
      // The same again moves up instead of pushing others out: twenty that differ tell more than one twenty times.
      const others = (refusals.get(client) ?? []).filter(
        (before) => before.reason !== reason || before.topic !== topic || before.detail !== detail,
      )
      const latest = { at, client, address, reason, detail, topic }
      putLatest(refusals, client, [latest, ...others.slice(0, REFUSALS_MAX - 1)], CLIENTS_MAX)
      if (reason !== 'unknown_client') return
      const before = unknown.get(client)
      const firstAt = before?.firstAt ?? at
      const count = (before?.count ?? 0) + 1
      putLatest(unknown, client, { client, firstAt, lastAt: at, count, address }, UNKNOWN_MAX)
    },
    known(client) {
      unknown.delete(client)
    },
    refusals: (client) => refusals.get(client) ?? [],
    unknownClients: () => [...unknown.values()].filter(({ client }) => !isKnown(client)).reverse(),
  }
}
