// Opens SQLite files the way every store here wants them: private to their owner, write-ahead log, and a bound on waiting.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long a connection waits for another one's lock. Locks here are held for single short statements. */
export const BUSY_TIMEOUT_MS = 1000

/** `full` syncs at every commit; `normal` at checkpoints only, so a power cut may take the last commits but never half of one. */
export type Durability = 'full' | 'normal'

/**
 * The only connection that writes to `file`; file and directories are made when absent, with pages of `pageBytes` (a file keeps
 * the size it was made with). Throws when SQLite cannot open it.
 */
export function openForWriting(
  file: string,
  durability: Durability,
  pageBytes = 4096,
): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  createPrivately(file)
  return opened(file, false, (database) => {
    database.exec(`PRAGMA page_size = ${pageBytes}`)
    const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
    if (mode !== 'wal') throw new Error(`expected journal mode wal, got ${String(mode)}`)
    database.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
  })
}

/** A connection that can only read; it sees each commit of the writer as soon as that is done. Throws when there is no file. */
export function openForReading(file: string): DatabaseSync {
  // SQLite looks into a file only when it is first read.
  return opened(file, true, (database) => void database.prepare('PRAGMA schema_version').get())
}

function opened(
  file: string,
  readOnly: boolean,
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(file, { readOnly, timeout: BUSY_TIMEOUT_MS })
    prepare(database)
    return database
  } catch (error) {
    database?.close()
    throw new Error(
      `Cannot open ${file}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

/**
 * SQLite gives its -wal and -shm files the mode of the main file, so that one has to be right from its first moment. An existing
 * file is left alone: closing a second descriptor of it would drop the locks that another connection of this process holds.
 */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
