// Brings what has been committed to the disk itself, so that it survives a power cut.

import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { BUSY_TIMEOUT_MS } from './open-database.ts'

/**
 * Folds the write-ahead log into the main file and syncs both. When a reader is in the way of that, syncing the log is enough:
 * SQLite finds the commits there. (The log carries no file locks, so opening it beside SQLite is safe; the main file is not.)
 */
export function makeDurable(database: DatabaseSync, file: string): void {
  // With that way out it need not wait long for readers.
  database.exec('PRAGMA busy_timeout = 20')
  const outcome = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  if (outcome?.['busy'] !== 0 && existsSync(`${file}-wal`)) syncPath(`${file}-wal`)
  syncDirectory(dirname(file))
}

/** Makes the names in the directory durable: new and removed files. */
export function syncDirectory(directory: string): void {
  // Windows has no such call and keeps names in its own log.
  if (process.platform !== 'win32') syncPath(directory)
}

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
