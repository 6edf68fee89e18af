// Brings the totals up to the files that were in use when the process ended, and to files that someone has put there.

import { existsSync } from 'node:fs'
import { makeDurable } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { NO_COUNTS, readDayMeta } from './day-schema.ts'
import { DAY_MS, dayOf, filePath } from './layout.ts'
import { levelFiles } from './level-files.ts'
import type { DayFileName, Totals } from './totals.ts'
import { messageOf } from '../telemetry/error-message.ts'

/** Says which files could not be counted: they count as they last did, and are tried again at the next start. */
export function recount(
  directory: string,
  types: readonly string[],
  totals: Totals,
): readonly string[] {
  const names = [...totals.unsettled]
  for (const type of types)
    for (const { from } of levelFiles(directory, 'raw', type)) {
      const name = { type, day: dayOf(from) }
      if (!totals.isKnown(name)) names.push(name)
    }
  const counted: DayFileName[] = []
  const problems: string[] = []
  for (const name of names) {
    const path = filePath(directory, 'raw', name.type, name.day * DAY_MS)
    try {
      if (existsSync(path)) countFile(path, name, totals)
      counted.push(name)
    } catch (error) {
      problems.push(`Cannot count ${path}: ${messageOf(error)}`)
    }
  }
  totals.settle(counted)
  return problems
}

function countFile(path: string, name: DayFileName, totals: Totals): void {
  // Opened for writing, so that the log of a killed process is taken into the file.
  const database = openForWriting(path, 'normal')
  try {
    const counts = readDayMeta(database)?.counts ?? NO_COUNTS
    makeDurable(database, path)
    totals.begin(name)
    totals.record(name, counts)
  } finally {
    database.close()
  }
}
