// The integration accounts the engine knows, and the commands that change them.

import { isCredentialHash, turnCredential } from './credential-turn.ts'
import type { Turned } from './credential-turn.ts'
import { checkIntegration } from './integration-check.ts'
import type { Integration, IntegrationAccess } from './integration.ts'
import type { Outcome } from '../input.ts'
import { applied, refused } from '../outcomes.ts'
import type { Millis } from '../position.ts'

/** A city has a dozen networks; beyond this something makes accounts by itself. */
const ACCOUNTS_MAX = 500

/** Plain JSON, for a snapshot. */
export interface KnownIntegration extends Turned {
  readonly integration: Integration
}

type Changed = (account: KnownIntegration) => void

export interface Integrations {
  has(id: string): boolean
  list(): readonly KnownIntegration[]
  /** `isDevice` tells whether an id is taken by a device. On success `changed` is called, here and below. */
  create(
    given: { readonly integration: unknown; readonly hash: unknown },
    isDevice: (id: string) => boolean,
    now: Millis,
    changed: Changed,
  ): Outcome
  credential(
    given: { readonly id: string; readonly hash: unknown; readonly previousUntil: unknown },
    now: Millis,
    changed: Changed,
  ): Outcome
  remove(id: string): Outcome
}

export function createIntegrations(kept: readonly KnownIntegration[]): Integrations {
  const accounts = new Map(kept.map((one) => [one.integration.id, one]))

  function put(account: KnownIntegration, changed: Changed): Outcome {
    accounts.set(account.integration.id, account)
    changed(account)
    return applied
  }

  return {
    has: (id) => accounts.has(id),
    list: () => [...accounts.values()],

    create({ integration, hash }, isDevice, now, changed) {
      const check = checkIntegration(integration)
      if (!check.ok)
        return refused(
          'invalid',
          `cannot create the account: ${check.errors.length} mistakes`,
          check.errors.map((error) => ({ row: 0, ...error })),
        )
      if (!isCredentialHash(hash)) return noHash
      const { id } = check.integration
      if (accounts.has(id)) return taken(id, 'is an integration account already')
      if (isDevice(id)) return taken(id, 'is a device')
      if (accounts.size >= ACCOUNTS_MAX)
        return refused('not_allowed', `cannot create "${id}": there are ${ACCOUNTS_MAX} accounts`)
      const account = { integration: { ...check.integration, createdAt: now } }
      return put({ ...account, credential: hash, previous: null }, changed)
    },

    credential({ id, hash, previousUntil }, now, changed) {
      const account = accounts.get(id)
      if (account === undefined) return unknown(id)
      if (!isCredentialHash(hash)) return noHash
      const turned = turnCredential(account.credential, hash, previousUntil, now)
      return put({ integration: account.integration, ...turned }, changed)
    },

    remove: (id) => (accounts.delete(id) ? applied : unknown(id)),
  }
}

export function integrationAccessOf(account: KnownIntegration): IntegrationAccess {
  const { id, format, topics } = account.integration
  return { id, format, topics, credential: account.credential, previous: account.previous }
}

const noHash = refused('invalid', 'expected a keyed hash in hexadecimal as credential')

function unknown(id: string): Outcome {
  return refused('not_found', `no integration account "${id}"`)
}

function taken(id: string, why: string): Outcome {
  return refused('already_exists', `cannot create the account "${id}": that ${why}`, [
    { row: 0, field: 'id', reason: `"${id}" ${why}` },
  ])
}
