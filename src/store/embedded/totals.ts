// Counts of all day files without opening them: a small database beside them. A file's own counts are the truth; what stands here
// is right for settled files, and the others (in use when the process ended) are read again at start. Files that are gone keep
// their counts here, and the position they had come to.

import { join } from 'node:path'
import type { WriteCounts } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { NO_COUNTS } from './day-schema.ts'

const TOTALS_FILE_NAME = 'totals.db'

export interface DayFileName {
  readonly type: string
  /** Days since 1970-01-01 UTC. */
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
  /** What was recorded of the file last. */
  countsOf(name: DayFileName): WriteCounts
  /**
   * The file, which is settled, is gone: its counts stay in the sum, and a later file of its name counts anew. `applied`: how far it
   * had taken the journal.
   */
  retire(name: DayFileName, applied: number): void
  /** How far the files of this name that are gone had taken the journal; 0 when there was none. */
  retiredAt(name: DayFileName): number
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
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS retired (
      type TEXT NOT NULL, day INTEGER NOT NULL, applied INTEGER NOT NULL,
      stored INTEGER NOT NULL, duplicate INTEGER NOT NULL, revised INTEGER NOT NULL,
      PRIMARY KEY (type, day)
    ) WITHOUT ROWID;
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
  const retire = database.prepare(`
    INSERT INTO retired VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      applied = max(applied, excluded.applied), stored = stored + excluded.stored,
      duplicate = duplicate + excluded.duplicate, revised = revised + excluded.revised
  `)
  const forget = database.prepare('DELETE FROM files WHERE type = ? AND day = ?')
  const findRetired = database.prepare('SELECT applied FROM retired WHERE type = ? AND day = ?')
  /** Counts of the files in use, by type and day. */
  const inUse = new Map<string, WriteCounts>()
  const sums = database
    .prepare(
      `SELECT total(stored) AS stored, total(duplicate) AS duplicate, total(revised) AS revised
       FROM (SELECT stored, duplicate, revised FROM files UNION ALL SELECT stored, duplicate, revised FROM retired)`,
    )
    .get()
  let sum = sums === undefined ? NO_COUNTS : countsIn(sums)

  function recordedOf({ type, day }: DayFileName): WriteCounts {
    const row = find.get(type, day)
    return row === undefined ? NO_COUNTS : countsIn(row)
  }

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
      if (find.get(name.type, name.day)?.['settled'] !== 0) begin.run(name.type, name.day)
      inUse.set(keyOf(name), recordedOf(name))
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
    countsOf: (name) => inUse.get(keyOf(name)) ?? recordedOf(name),
    retire(name, applied) {
      const { stored, duplicate, revised } = recordedOf(name)
      inTransaction(database, () => {
        retire.run(name.type, name.day, applied, stored, duplicate, revised)
        forget.run(name.type, name.day)
      })
    },
    retiredAt({ type, day }) {
      const row = findRetired.get(type, day)
      return row === undefined ? 0 : numberIn(row, 'applied')
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
