// Runs work as one SQLite transaction: all of it, or none of it.

import type { DatabaseSync } from 'node:sqlite'

/** Commits what `work` did and returns its result; rolls back and rethrows when it or the commit fails. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled back by itself after some errors, a full disk among them.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
