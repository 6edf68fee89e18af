// The state store, reading side: what pages and lists show, on a connection that cannot write. It sees what the engine's thread
// has applied, at once and never half of it.

import type { StateReader } from '../../ports.ts'
import { openForReading } from '../sqlite/open-database.ts'
import { createStatements } from '../sqlite/statements.ts'
import { createAlertLists } from './alert-lists.ts'
import { createDeviceLists } from './device-lists.ts'
import { createIntegrationLists } from './integration-lists.ts'
import { createQuarantineLists } from './quarantine-lists.ts'
import { checkStateFormat } from './schema.ts'
import { createStrangerPages } from './stranger-pages.ts'
import { createTicketLists } from './ticket-lists.ts'

/** The writing side must have made the file. Throws when it is not there or a newer version of the product wrote it. */
export function openStateReader({ file }: { readonly file: string }): StateReader {
  const database = openForReading(file)
  try {
    checkStateFormat(database, file)
    const prepared = createStatements(database)
    return {
      ...createDeviceLists(database, prepared),
      ...createAlertLists(prepared),
      ...createTicketLists(prepared),
      ...createQuarantineLists(prepared),
      ...createIntegrationLists(prepared),
      ...createStrangerPages(prepared),
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}
