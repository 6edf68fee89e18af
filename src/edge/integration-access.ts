// What an integration account may do at the broker: which client ids it connects under, where it publishes, what it hears. Pure.

import type { IntegrationAccess } from '../core/registry/integration.ts'
import { flagsOfFormat, INTEGRATION_MARK } from '../core/messages/record.ts'
import type { PublishDecision } from './access-policy.ts'
import { filterCovers, filterMatches, isReserved } from './topic-rules.ts'

/** What may follow the account's id in a client id, before the rest that tells its connections apart. */
const SEPARATORS = '-._:/'

/** The account's own id, or the id, a separator and more. */
export function isClientOf(account: string, clientId: string): boolean {
  if (clientId === account) return true
  const separator = clientId[account.length]
  return (
    clientId.startsWith(account) &&
    separator !== undefined &&
    SEPARATORS.includes(separator) &&
    clientId.length > account.length + 1
  )
}

/**
 * The account that a client id belongs to: of those whose id it is, or begins with before a separator, the one with the longest.
 * Else `net` could come as `net-1` and throw the account of that name out.
 */
export function accountOfClient(
  clientId: string,
  isAccount: (id: string) => boolean,
): string | null {
  for (let length = clientId.length; length > 0; length--) {
    const next = clientId[length]
    if (next !== undefined && !SEPARATORS.includes(next)) continue
    const id = clientId.slice(0, length)
    if (isAccount(id)) return id
  }
  return null
}

export function accountPublication(account: IntegrationAccess, topic: string): PublishDecision {
  if (isOutsideTheCity(topic) && account.topics.some((filter) => filterMatches(filter, topic)))
    return {
      action: 'ingest',
      topic,
      flags: flagsOfFormat(account.format),
      sender: INTEGRATION_MARK + account.id,
    }
  return {
    action: 'refuse',
    reason: 'foreign_topic',
    detail: `Cannot publish: expected a topic of the account "${account.id}", got "${topic}"`,
  }
}

/** Every topic the filter matches must be one of the account's, so a wildcard that reaches into `city/` is out too. */
export function accountMayHear(account: IntegrationAccess, filter: string): boolean {
  const first = filter.split('/', 1)[0]
  return (
    first !== '#' &&
    first !== '+' &&
    isOutsideTheCity(filter) &&
    account.topics.some((own) => filterCovers(own, filter))
  )
}

/** Devices alone speak and are spoken to under `city/`, whatever an account's filters say. */
function isOutsideTheCity(topic: string): boolean {
  return topic !== 'city' && !topic.startsWith('city/') && !isReserved(topic)
}
