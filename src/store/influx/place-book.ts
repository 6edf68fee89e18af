// Which levels have had a place in the database, so that one that is made where one was before is known as a loss, across a crash too.

import type { DatabaseSync } from 'node:sqlite'
import type { TelemetryLevel } from '../../ports.ts'
import { rollupLevels } from '../../ports.ts'
import { numberIn, textIn } from '../sqlite/row.ts'

export interface PlaceBook {
  /** It is not there, and about to be made. */
  absent(level: TelemetryLevel): void
  /** It was seen, or has been made. */
  present(level: TelemetryLevel): void
  /** Made where one was before, and not settled. */
  lost(): readonly TelemetryLevel[]
  settle(levels: readonly TelemetryLevel[]): void
}

export function createPlaceBook(database: DatabaseSync): PlaceBook {
  database.exec(
    'CREATE TABLE IF NOT EXISTS places (level TEXT PRIMARY KEY, is_there INTEGER NOT NULL, is_lost INTEGER NOT NULL) WITHOUT ROWID',
  )
  const levels: readonly TelemetryLevel[] = ['raw', ...rollupLevels]
  const places = new Map<TelemetryLevel, { isThere: boolean; isLost: boolean }>()
  for (const row of database.prepare('SELECT level, is_there, is_lost FROM places').all()) {
    const level = levels.find((one) => one === textIn(row, 'level'))
    if (level === undefined) continue
    const isThere = numberIn(row, 'is_there') === 1
    places.set(level, { isThere, isLost: numberIn(row, 'is_lost') === 1 })
  }
  let lost: readonly TelemetryLevel[] = []
  listLost()

  function listLost(): void {
    lost = levels.filter((level) => places.get(level)?.isLost === true)
  }

  function put(level: TelemetryLevel, isThere: boolean, isLost: boolean): void {
    // What is still under way when the books are closed is found out again by the next process.
    if (!database.isOpen) return
    database
      .prepare('INSERT OR REPLACE INTO places VALUES (?, ?, ?)')
      .run(level, Number(isThere), Number(isLost))
    places.set(level, { isThere, isLost })
    listLost()
  }

  return {
    absent(level) {
      const place = places.get(level)
      if (place?.isThere === true) put(level, false, place.isLost)
    },
    present(level) {
      const place = places.get(level)
      if (place?.isThere !== true) put(level, true, place !== undefined)
    },
    lost: () => lost,
    settle(settled) {
      for (const level of settled) {
        const place = places.get(level)
        if (place?.isLost === true) put(level, place.isThere, false)
      }
    },
  }
}
