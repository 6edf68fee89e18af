// One device type's readings of one UTC day, as the writer holds them. Its position and counts change with its rows or not at all.

import type { Reading } from '../../core/messages/reading.ts'
import type { Position } from '../../core/position.ts'
import type { WriteCounts } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { makeDurable } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { PAGE_BYTES, prepareDaySchema } from './day-schema.ts'
import { mergeParameters, prepareDayStatements, rowParameters } from './day-statements.ts'
import { blockMsOf, blockOf } from './layout.ts'
import { createRowInserts } from './row-inserts.ts'

export interface DayFile {
  readonly path: string
  /** Journal position up to which the file has taken its readings. */
  applied(): number
  counts(): WriteCounts
  /**
   * Takes the readings after the file's position, in order, in one transaction. When it throws nothing of it is kept, and the
   * file must be closed and opened again before the next write.
   */
  write(readings: readonly Reading[], through: Position): void
  sync(): void
  close(): void
}

export interface DayFileOptions {
  readonly path: string
  readonly metrics: readonly string[]
  /** The position a file that has to be made begins with: that of one before it that retention has taken. */
  readonly appliedAtFirst?: number
}

/** Holds the leaf pages that a type of ten thousand devices touches in one write; it grows with use only. */
const CACHE_KIB = 8_192

/** Pages of a block are written again and again: a longer log takes each of them to the file less often. */
const CHECKPOINT_PAGES = 4_000

/** A row whose device and time are surely not in the file. */
interface NewRow {
  readonly reading: Reading
  readonly ts: number
  readonly number: number
  readonly block: number
}

/** Opens or makes the file. Throws when it cannot be opened or is of another format. */
export function openDayFile({ path, metrics, appliedAtFirst }: DayFileOptions): DayFile {
  const database = openForWriting(path, 'normal', PAGE_BYTES)
  try {
    database.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    const meta = prepareDaySchema(database, path, metrics, appliedAtFirst)
    const statements = prepareDayStatements(database, metrics)
    const inserts = createRowInserts({ database, metrics })
    const numbers = new Map<string, number>()
    /** By device number: no row of that device has a later time than this. Asked of the file when the device first writes. */
    const latestTs: number[] = []
    let applied = meta.applied
    let counts = meta.counts
    // What a killed process has committed is in the file, and perhaps not on the disk yet.
    let unsynced = true

    const newest = database.prepare('SELECT max(block) AS block FROM readings').get()?.['block']
    const newestBlock = typeof newest === 'number' ? newest : null
    for (const row of database.prepare('SELECT number, id FROM devices').iterate())
      numbers.set(textIn(row, 'id'), numberIn(row, 'number'))

    function numberOf(device: string): number {
      const known = numbers.get(device)
      if (known !== undefined) return known
      const number = numbers.size
      statements.addDevice.run(number, device)
      numbers.set(device, number)
      latestTs[number] = Number.NEGATIVE_INFINITY
      return number
    }

    function latestOf(number: number): number {
      const known = latestTs[number]
      if (known !== undefined) return known
      if (newestBlock === null) return Number.NEGATIVE_INFINITY
      const ts = statements.newestIn.get(newestBlock, number)?.['ts']
      // Without a row in the newest block it may have any before it.
      return typeof ts === 'number' ? ts : newestBlock * blockMsOf('raw') - 1
    }

    /** Inserts what is surely new, many rows at a time, and returns the others in their order. */
    function insertNew(readings: readonly Reading[]): { stored: number; others: Reading[] } {
      const others: Reading[] = []
      const rows: NewRow[] = []
      for (const reading of readings) {
        if (reading.position <= applied) continue
        const number = numberOf(reading.device)
        const ts = Math.floor(reading.ts)
        if (ts <= latestOf(number)) {
          others.push(reading)
          continue
        }
        latestTs[number] = ts
        rows.push({ reading, ts, number, block: blockOf(ts) })
      }
      // In the order of the key each page is found and filled once, which halves the cost of a write of many devices.
      rows.sort((a, b) => a.block - b.block || a.number - b.number)
      for (const { reading, ts, number } of rows) inserts.add(reading, ts, number)
      inserts.flush()
      return { stored: rows.length, others }
    }

    /** Inserts a row that may be there already; false when it is. */
    function insertOne(reading: Reading): boolean {
      const parameters = rowParameters(reading, Math.floor(reading.ts), numberOf(reading.device))
      return statements.insertOne.run(...parameters).changes === 1
    }

    /** Merges into the row that is there; true when a value changed. */
    function merge(reading: Reading): boolean {
      const number = numberOf(reading.device)
      const ts = Math.floor(reading.ts)
      if (reading.simulated) statements.markSimulated.run(blockOf(ts), number, ts)
      return statements.merge.run(...mergeParameters(reading, ts, number)).changes === 1
    }

    return {
      path,
      applied: () => applied,
      counts: () => counts,
      write(readings, through) {
        if (through <= applied) return
        counts = inTransaction(database, () => {
          const { stored, others } = insertNew(readings)
          let lateStored = 0
          let revised = 0
          for (const reading of others)
            if (insertOne(reading)) lateStored++
            else if (merge(reading)) revised++
          const after = {
            stored: counts.stored + stored + lateStored,
            duplicate: counts.duplicate + others.length - lateStored,
            revised: counts.revised + revised,
          }
          statements.setMeta.run(through, after.stored, after.duplicate, after.revised)
          return after
        })
        applied = through
        unsynced = true
      },
      sync() {
        if (!unsynced) return
        makeDurable(database, path)
        unsynced = false
      },
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}
