// Day files of format 1, whose key was (ts, device), become files of the current one, once, when the store is opened. A kill in
// between does no harm: each file is written aside and takes the other's place when it is whole and on disk.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { makeDurable, syncDirectory } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn } from '../sqlite/row.ts'
import {
  DAY_FILE_FORMAT,
  dayTables,
  PAGE_BYTES,
  readDayMeta,
  readingColumns,
} from './day-schema.ts'
import { blockMsOf, blockOf, filePath } from './layout.ts'
import { levelFiles, namesIn } from './level-files.ts'
import { messageOf } from '../telemetry/error-message.ts'

/** Says that no file in the directory is older than its format. Written last, so a start without it looks into every file. */
const MARKER = 'format'

/**
 * Converts what is left to convert, and says which files could not be: they cannot be read, hinder no others, and are tried again at
 * the next start. Throws when a newer version wrote the directory.
 */
export function convertDayFiles(directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const marker = join(directory, MARKER)
  const format = markedFormat(marker)
  if (format > DAY_FILE_FORMAT)
    throw new Error(
      `Cannot open ${directory}: expected format ${DAY_FILE_FORMAT} or older, got ${format}, written by a newer version`,
    )
  if (format === DAY_FILE_FORMAT) return []
  const problems: string[] = []
  for (const path of dayFiles(directory))
    try {
      convertDayFile(path)
    } catch (error) {
      problems.push(`Cannot convert ${path}: ${messageOf(error)}`)
    }
  if (problems.length === 0) {
    const aside = `${marker}.new`
    writeFileSync(aside, `${DAY_FILE_FORMAT}\n`, { mode: 0o600 })
    syncFile(aside)
    renameSync(aside, marker)
    syncDirectory(directory)
  }
  return problems
}

function markedFormat(marker: string): number {
  try {
    const format = Number(readFileSync(marker, 'utf8').trim())
    return Number.isInteger(format) ? format : 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}

/** Of all types, also such as are in no catalogue any more. */
function dayFiles(directory: string): readonly string[] {
  return namesIn(directory)
    .filter((name) => /^[a-z][a-z0-9-]*$/.test(name) && name !== MARKER)
    .flatMap((type) =>
      levelFiles(directory, 'raw', type).map(({ from }) => filePath(directory, 'raw', type, from)),
    )
}

function convertDayFile(path: string): void {
  const aside = `${path}.converted`
  removeFile(aside)
  // Opened for writing, so that the log of a killed process is taken into the file.
  const database = openForWriting(path, 'normal')
  try {
    if (readDayMeta(database)?.format !== 1) return
    makeDurable(database, path)
    openForWriting(aside, 'normal', PAGE_BYTES).close()
    copyInto(database, aside)
  } catch (error) {
    removeFile(aside)
    throw error
  } finally {
    database.close()
  }
  syncFile(aside)
  // What was in the log is in the file it belongs to, and must not be taken into the one that follows it.
  for (const log of ['-wal', '-shm']) rmSync(`${path}${log}`, { force: true })
  renameSync(aside, path)
  syncDirectory(join(path, '..'))
}

function copyInto(database: DatabaseSync, aside: string): void {
  database.prepare('ATTACH DATABASE ? AS aside').run(aside)
  const columns = [...readingColumns(database)].filter((column) => column.startsWith('m_'))
  const names = ['received_at', 'simulated', ...columns].join(', ')
  const span = database.prepare('SELECT min(ts) AS first, max(ts) AS last FROM readings').get()
  inTransaction(database, () => {
    database.exec(dayTables('aside', columns))
    database.exec(
      `INSERT INTO aside.meta SELECT ${DAY_FILE_FORMAT}, applied, stored, duplicate, revised FROM main.meta`,
    )
    database.exec('INSERT INTO aside.devices SELECT number, id FROM main.devices')
    if (span === undefined || span['first'] === null) return
    // Block by block: what has to be sorted is small, and what is written follows what was written.
    const copy = database.prepare(
      `INSERT INTO aside.readings (block, device, ts, ${names})
       SELECT ?1, device, ts, ${names} FROM main.readings WHERE ts >= ?2 AND ts < ?3 ORDER BY device, ts`,
    )
    const blockMs = blockMsOf('raw')
    const last = blockOf(numberIn(span, 'last'))
    for (let block = blockOf(numberIn(span, 'first')); block <= last; block++)
      copy.run(block, block * blockMs, (block + 1) * blockMs)
  })
  makeAsideWhole(database)
}

/** Everything in the main file, nothing in a log beside it. */
function makeAsideWhole(database: DatabaseSync): void {
  database.prepare('PRAGMA aside.wal_checkpoint(TRUNCATE)').get()
  database.exec('DETACH DATABASE aside')
}

function removeFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true })
}

/** No connection is open on the file: closing a descriptor of it would drop the locks of one. */
function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
