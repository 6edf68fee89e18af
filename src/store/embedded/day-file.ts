// One device type's readings of one UTC day, as the writer holds them. Its position and counts change with its rows or not at all.

import type { Reading } from '../../core/messages/reading.ts'
import type { Position } from '../../core/position.ts'
import type { WriteCounts } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { makeDurable } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { prepareDaySchema } from './day-schema.ts'
import { mergeParameters, prepareDayStatements, rowParameters } from './day-statements.ts'
import { createRowInserts } from './row-inserts.ts'

export interface DayFile {
  readonly path: string
  counts(): WriteCounts
  /**
   * Takes the readings after the file's position, in order, in one transaction. When it throws nothing of it is kept, and the
   * file must be closed and opened again before the next write.
   */
  write(readings: readonly Reading[], through: Position): void
  sync(): void
  close(): void
}

/** Rows are appended by the thousand: larger pages are filled and split less often. */
const PAGE_BYTES = 8192

/** Opens or makes the file. Throws when it cannot be opened or a newer version wrote it. */
export function openDayFile(path: string, metrics: readonly string[]): DayFile {
  const database = openForWriting(path, 'normal', PAGE_BYTES)
  try {
    const meta = prepareDaySchema(database, path, metrics)
    const statements = prepareDayStatements(database, metrics)
    const inserts = createRowInserts({ database, metrics })
    const numbers = new Map<string, number>()
    /** By device number: no row of that device has a later time than this. */
    const latestTs: number[] = []
    let applied = meta.applied
    let counts = meta.counts
    // What a killed process has committed is in the file, and perhaps not on the disk yet.
    let unsynced = true

    const newest = database.prepare('SELECT max(ts) AS ts FROM readings').get()?.['ts']
    for (const row of database.prepare('SELECT number, id FROM devices').iterate()) {
      const number = numberIn(row, 'number')
      numbers.set(textIn(row, 'id'), number)
      latestTs[number] = typeof newest === 'number' ? newest : Number.NEGATIVE_INFINITY
    }

    function numberOf(device: string): number {
      const known = numbers.get(device)
      if (known !== undefined) return known
      const number = numbers.size
      statements.addDevice.run(number, device)
      numbers.set(device, number)
      latestTs[number] = Number.NEGATIVE_INFINITY
      return number
    }

    /** Inserts what is surely new, many rows at a time, and returns the others in their order. */
    function insertNew(readings: readonly Reading[]): { stored: number; others: Reading[] } {
      const others: Reading[] = []
      let stored = 0
      for (const reading of readings) {
        if (reading.position <= applied) continue
        const number = numberOf(reading.device)
        const ts = Math.floor(reading.ts)
        if (ts <= (latestTs[number] ?? 0)) {
          others.push(reading)
          continue
        }
        latestTs[number] = ts
        inserts.add(reading, ts, number)
        stored++
      }
      inserts.flush()
      return { stored, others }
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
      if (reading.simulated) statements.markSimulated.run(ts, number)
      return statements.merge.run(...mergeParameters(reading, ts, number)).changes === 1
    }

    return {
      path,
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
