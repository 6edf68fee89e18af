// Counts of all day files without opening them: a small database beside them. A file's own counts are the truth; what stands here
// is right for settled files, and the others (in use when the process ended) are read again at start.

import { join } from 'node:path'
import type { WriteCounts } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn, textIn } from '../sqlite/row.ts'

const TOTALS_FILE_NAME = 'totals.db'

export interface DayFileName {
  readonly type: string
  readonly day: number
}

export interface Totals {
  isKnown(name: DayFileName): boolean
  readonly unsettled: readonly DayFileName[]
  /** To be called before a file's first write: on disk before it returns, so that no crash can leave a settled file with rows to count. */
  begin(name: DayFileName): void
  /** What the file says now. */
  record(name: DayFileName, counts: WriteCounts): void
  /** The file is safe on disk with these recorded counts and not written any more until the next `begin`. */
  settle(names: readonly DayFileName[]): void
  sum(): WriteCounts
  close(): void
}

export function openTotals(directory: string): Totals {
  const database = openForWriting(join(directory, TOTALS_FILE_NAME), 'full')
  database.exec(`
    CREATE TABLE IF NOT EXISTS files (
      type TEXT NOT NULL, day INTEGER NOT NULL, settled INTEGER NOT NULL,
      stored INTEGER NOT NULL, duplicate INTEGER NOT NULL, revised INTEGER NOT NULL,
      PRIMARY KEY (type, day)
    ) WITHOUT ROWID
  `)
  const find = database.prepare(
    'SELECT settled, stored, duplicate, revised FROM files WHERE type = ? AND day = ?',
  )
  const begin = database.prepare(
    'INSERT INTO files VALUES (?, ?, 0, 0, 0, 0) ON CONFLICT DO UPDATE SET settled = 0',
  )
  const settle = database.prepare(
    'UPDATE files SET settled = 1, stored = ?, duplicate = ?, revised = ? WHERE type = ? AND day = ?',
  )
  /** Counts of the files in use, by type and day. */
  const inUse = new Map<string, WriteCounts>()
  const sums = database
    .prepare(
      'SELECT total(stored) AS stored, total(duplicate) AS duplicate, total(revised) AS revised FROM files',
    )
    .get()
  let sum = sums === undefined ? { stored: 0, duplicate: 0, revised: 0 } : countsIn(sums)

  return {
    isKnown: ({ type, day }) => find.get(type, day) !== undefined,
    get unsettled() {
      return database
        .prepare('SELECT type, day FROM files WHERE settled = 0')
        .all()
        .map((row) => ({ type: textIn(row, 'type'), day: numberIn(row, 'day') }))
    },
    begin(name) {
      if (inUse.has(keyOf(name))) return
      const row = find.get(name.type, name.day)
      if (row === undefined || row['settled'] !== 0) begin.run(name.type, name.day)
      inUse.set(
        keyOf(name),
        row === undefined ? { stored: 0, duplicate: 0, revised: 0 } : countsIn(row),
      )
    },
    record(name, counts) {
      const before = inUse.get(keyOf(name))
      if (before === undefined)
        throw new Error(`Cannot count ${keyOf(name)}: expected a file in use`)
      sum = {
        stored: sum.stored + counts.stored - before.stored,
        duplicate: sum.duplicate + counts.duplicate - before.duplicate,
        revised: sum.revised + counts.revised - before.revised,
      }
      inUse.set(keyOf(name), counts)
    },
    settle(names) {
      inTransaction(database, () => {
        for (const name of names) {
          const counts = inUse.get(keyOf(name))
          if (counts !== undefined)
            settle.run(counts.stored, counts.duplicate, counts.revised, name.type, name.day)
        }
      })
      for (const name of names) inUse.delete(keyOf(name))
    },
    sum: () => sum,
    close: () => database.close(),
  }
}

function keyOf({ type, day }: DayFileName): string {
  return `${type}/${day}`
}

function countsIn(row: Parameters<typeof numberIn>[0]): WriteCounts {
  return {
    stored: numberIn(row, 'stored'),
    duplicate: numberIn(row, 'duplicate'),
    revised: numberIn(row, 'revised'),
  }
}
