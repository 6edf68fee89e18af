// Which integration account stands behind a password, for the HTTP doors. Takes the same time whatever is wrong.

import type { IntegrationAccess } from '../core/registry/integration.ts'
import type { Clock } from '../ports.ts'
import type { Credentials } from './credentials.ts'
import type { Directory } from './directory.ts'

export interface AccountCheck {
  /** The account of this id, when the password is its own. */
  named(id: string, password: string): IntegrationAccess | null
  /** The account whose password this is. */
  holding(password: string): IntegrationAccess | null
}

/** A password that a rotation lets live on counts until its time. */
export function createAccountCheck(options: {
  readonly directory: Pick<Directory, 'integration' | 'integrations'>
  readonly credentials: Pick<Credentials, 'verify' | 'find'>
  readonly clock: Pick<Clock, 'now'>
}): AccountCheck {
  const { directory, credentials, clock } = options

  function previousOf({ previous }: IntegrationAccess): string | null {
    return previous !== null && clock.now() < previous.until ? previous.hash : null
  }

  return {
    named(id, password) {
      const account = directory.integration(id)
      const isCurrent = credentials.verify(password, account?.credential ?? null)
      const previous = account === undefined ? null : previousOf(account)
      const isPrevious = credentials.verify(password, previous)
      return account !== undefined && (isCurrent || isPrevious) ? account : null
    },
    holding(password) {
      const holders: IntegrationAccess[] = []
      const hashes: string[] = []
      for (const account of directory.integrations()) {
        const previous = previousOf(account)
        for (const hash of previous === null
          ? [account.credential]
          : [account.credential, previous]) {
          holders.push(account)
          hashes.push(hash)
        }
      }
      return holders[credentials.find(password, hashes)] ?? null
    },
  }
}
