// Makes the places that readings and windows go to, where they are missing and the token may: the only thing besides credentials
// that the generations do each in their own way.

import { provisionBuckets, soleOrganisation } from './provision-buckets.ts'
import { provisionDatabase } from './provision-database.ts'
import type { PlaceBook } from './place-book.ts'
import type { InfluxServer } from './server.ts'
import type { Target } from './target.ts'

export interface Provision {
  /** Resolves when everything is there, as far as one can see. Throws `TelemetryUnavailable`. */
  ensure(): Promise<void>
  /** Something was missing after all, or may be by now: looks again. */
  renew(): Promise<void>
  /** What the last `ensure` could not see or make, or null; it may be there all the same. */
  readonly obstacle: string | null
  /** The organisation of 2.x: as set, or the only one there is. */
  organisation(): Promise<string>
}

export function createProvision(
  server: InfluxServer,
  target: Target,
  book: Pick<PlaceBook, 'absent' | 'present'>,
): Provision {
  let ensured: Promise<void> | null = null
  let obstacle: string | null = null
  let organisation: string | null = target.organisation

  async function organisationOf2(): Promise<string> {
    organisation ??= await soleOrganisation(server)
    return organisation
  }

  async function provision(): Promise<void> {
    const { generation } = await server.flavour()
    obstacle = null
    if (generation === '1') await provisionDatabase(server, target.database, book)
    // 3 makes a database with its first line.
    else if (generation === '2')
      obstacle = await provisionBuckets(server, target.database, await organisationOf2(), book)
  }

  function ensure(): Promise<void> {
    ensured ??= provision().catch((error: unknown) => {
      ensured = null
      throw error
    })
    return ensured
  }

  return {
    ensure,
    renew() {
      ensured = null
      return ensure()
    },
    get obstacle() {
      return obstacle
    },
    organisation: organisationOf2,
  }
}
