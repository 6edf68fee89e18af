// Removes a database file for good, with the files that SQLite keeps beside it.

import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../sqlite/make-durable.ts'

/** No connection may be open on it. */
export function removeDatabase(path: string): void {
  // The log first: a kill in between must not leave one that a later file of this name would take in.
  for (const suffix of ['-wal', '-shm', '-journal', '']) rmSync(`${path}${suffix}`, { force: true })
  syncDirectory(dirname(path))
}
