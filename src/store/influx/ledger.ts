// The books beside the database, which cannot count for us: up to where the journal's readings are in it, how many rows that made,
// and what must be known to send a batch again, after a crash too, exactly as it was sent and without counting it twice.
//
//   applied ≤ counted:  everything up to `applied` is in the database; what lies between is counted and perhaps in it.

import { isPosition, type Millis, type Position } from '../../core/position.ts'
import type { TelemetryCounts } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { makeDurable } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import { createStatements } from '../sqlite/statements.ts'
import { prepareLedgerSchema } from './ledger-schema.ts'
import { createPlaceBook, type PlaceBook } from './place-book.ts'

/** How a reading was counted: as a new row, as the repetition of one, or as one that changed it. */
export type CountedAs = 'stored' | 'same' | 'revised'

/** A reading that was not counted as a new row under its own division. */
export interface CountedOdd {
  readonly position: Position
  /** Among the readings of its position. */
  readonly ordinal: number
  readonly as: CountedAs
  /** The tag it was sent under. */
  readonly division: string
}

export interface Newest {
  readonly ts: Millis
  /** The device's then. */
  readonly division: string
}

export interface NewestOf extends Newest {
  readonly type: string
  readonly device: string
}

export interface CountedPart {
  readonly through: Position
  readonly added: TelemetryCounts
  readonly odd: readonly CountedOdd[]
  readonly newest: readonly NewestOf[]
}

export interface Settled {
  readonly through: Position
  /** To be added: some less than nothing, where readings were refused. */
  readonly corrected: TelemetryCounts
  /** Rows (by key) whose first reading was refused, so that the next one counted makes the row. */
  readonly orphaned: readonly string[]
  readonly adopted: readonly string[]
}

export interface Ledger {
  readonly applied: Position
  readonly counted: Position
  /** As they stood when all that was counted was in the database: what is still under way does not count as stored. */
  counts(): TelemetryCounts
  /** Null: no reading of the device has been counted. */
  newest(type: string, device: string): Newest | null
  /** The newest time the database had of the type before anything was counted; null: not known yet, -1: there was nothing. */
  floor(type: string): Millis | null
  setFloor(type: string, ts: Millis): void
  /** Null: as a new row, under its own division. For positions between `applied` and `counted`. */
  odd(position: Position, ordinal: number): CountedOdd | null
  isOrphaned(key: string): boolean
  readonly places: PlaceBook
  /** Before a part is sent. On disk when this returns. */
  count(part: CountedPart): void
  /** After a part, or the beginning of one, is in the database. */
  settle(settled: Settled): void
  sync(): void
  close(): void
}

/** Throws when the file cannot be opened or a newer version wrote it. */
export function openLedger(file: string): Ledger {
  // The database keeps what it has acknowledged when the power fails, so these books must too.
  const database = openForWriting(file, 'full')
  const prepared = createStatements(database)
  prepareLedgerSchema(database, file)
  const places = createPlaceBook(database)
  let { applied, counted, counts, settled } = readTotals()
  const newest = readNewest()
  const floors = readFloors()
  const odd = readOdd()
  const orphans = new Set(
    prepared('SELECT key FROM orphans')
      .all()
      .map((row) => textIn(row, 'key')),
  )
  /** `applied` is further than the file says. */
  let isAhead = false

  function readTotals() {
    const row = prepared(
      'SELECT applied, counted, stored, duplicate, revised, refused, settled FROM totals',
    ).get()
    if (row === undefined) throw new Error(`Cannot read ${file}: expected totals, got none`)
    return {
      applied: positionOf(numberIn(row, 'applied')),
      counted: positionOf(numberIn(row, 'counted')),
      counts: {
        stored: numberIn(row, 'stored'),
        duplicate: numberIn(row, 'duplicate'),
        revised: numberIn(row, 'revised'),
        refused: numberIn(row, 'refused'),
      },
      settled: countsFrom(textIn(row, 'settled')),
    }
  }

  function readNewest(): Map<string, Map<string, Newest>> {
    const byType = new Map<string, Map<string, Newest>>()
    for (const row of prepared('SELECT type, device, ts, division FROM newest').iterate())
      devicesOf(byType, textIn(row, 'type')).set(textIn(row, 'device'), {
        ts: numberIn(row, 'ts'),
        division: textIn(row, 'division'),
      })
    return byType
  }

  function readFloors(): Map<string, Millis> {
    const rows = prepared('SELECT type, ts FROM floors').all()
    return new Map(rows.map((row) => [textIn(row, 'type'), numberIn(row, 'ts')]))
  }

  function readOdd(): Map<string, CountedOdd> {
    const found = new Map<string, CountedOdd>()
    for (const row of prepared('SELECT position, ordinal, counted_as, division FROM odd').all()) {
      const one = {
        position: positionOf(numberIn(row, 'position')),
        ordinal: numberIn(row, 'ordinal'),
        as: countedAs(textIn(row, 'counted_as')),
        division: textIn(row, 'division'),
      }
      found.set(oddKey(one.position, one.ordinal), one)
    }
    return found
  }

  function writeTotals(nextApplied: Position, nextCounted: Position, next: TelemetryCounts): void {
    prepared(
      'UPDATE totals SET applied = ?, counted = ?, stored = ?, duplicate = ?, revised = ?, refused = ?, settled = ?',
    ).run(
      nextApplied,
      nextCounted,
      next.stored,
      next.duplicate,
      next.revised,
      next.refused,
      textOf(nextApplied >= nextCounted ? next : settled),
    )
    // What is applied is never sent again.
    prepared('DELETE FROM odd WHERE position <= ?').run(nextApplied)
    if (nextApplied >= nextCounted) prepared('DELETE FROM orphans').run()
  }

  function forgetApplied(): void {
    for (const [key, one] of odd) if (one.position <= applied) odd.delete(key)
    if (applied < counted) return
    orphans.clear()
    settled = counts
  }

  return {
    get applied() {
      return applied
    },
    get counted() {
      return counted
    },
    places,
    counts: () => settled,
    newest: (type, device) => newest.get(type)?.get(device) ?? null,
    floor: (type) => floors.get(type) ?? null,
    setFloor(type, ts) {
      prepared('INSERT OR REPLACE INTO floors (type, ts) VALUES (?, ?)').run(type, ts)
      floors.set(type, ts)
    },
    odd: (position, ordinal) => odd.get(oddKey(position, ordinal)) ?? null,
    isOrphaned: (key) => orphans.has(key),
    count(part) {
      const next = sumOf(counts, part.added)
      inTransaction(database, () => {
        writeTotals(applied, part.through, next)
        const addOdd = prepared(
          'INSERT OR REPLACE INTO odd (position, ordinal, counted_as, division) VALUES (?, ?, ?, ?)',
        )
        for (const one of part.odd) addOdd.run(one.position, one.ordinal, one.as, one.division)
        const setNewest = prepared(
          'INSERT OR REPLACE INTO newest (type, device, ts, division) VALUES (?, ?, ?, ?)',
        )
        for (const one of part.newest) setNewest.run(one.type, one.device, one.ts, one.division)
      })
      isAhead = false
      counts = next
      counted = part.through
      for (const one of part.odd) odd.set(oddKey(one.position, one.ordinal), one)
      for (const { type, device, ts, division } of part.newest)
        devicesOf(newest, type).set(device, { ts, division })
    },
    settle({ through, corrected, orphaned, adopted }) {
      const isPlain = orphaned.length === 0 && adopted.length === 0 && corrected.refused === 0
      if (!isPlain) {
        const next = sumOf(counts, corrected)
        inTransaction(database, () => {
          for (const key of orphaned) prepared('INSERT OR IGNORE INTO orphans VALUES (?)').run(key)
          for (const key of adopted) prepared('DELETE FROM orphans WHERE key = ?').run(key)
          writeTotals(through, counted > through ? counted : through, next)
        })
        counts = next
        for (const key of orphaned) orphans.add(key)
        for (const key of adopted) orphans.delete(key)
      }
      // Nothing else has changed: should it be forgotten, the part is sent once more, and that changes nothing.
      isAhead = isPlain
      applied = through
      if (counted < applied) counted = applied
      forgetApplied()
    },
    sync() {
      if (isAhead) inTransaction(database, () => writeTotals(applied, counted, counts))
      isAhead = false
      makeDurable(database, file)
    },
    close() {
      try {
        if (isAhead) inTransaction(database, () => writeTotals(applied, counted, counts))
      } finally {
        database.close()
      }
    },
  }
}

function oddKey(position: Position, ordinal: number): string {
  return `${position} ${ordinal}`
}

function devicesOf(byType: Map<string, Map<string, Newest>>, type: string): Map<string, Newest> {
  const known = byType.get(type)
  if (known !== undefined) return known
  const devices = new Map<string, Newest>()
  byType.set(type, devices)
  return devices
}

function sumOf(one: TelemetryCounts, other: TelemetryCounts): TelemetryCounts {
  return {
    stored: one.stored + other.stored,
    duplicate: one.duplicate + other.duplicate,
    revised: one.revised + other.revised,
    refused: one.refused + other.refused,
  }
}

function textOf({ stored, duplicate, revised, refused }: TelemetryCounts): string {
  return JSON.stringify([stored, duplicate, revised, refused])
}

function countsFrom(text: string): TelemetryCounts {
  const [stored = 0, duplicate = 0, revised = 0, refused = 0] = JSON.parse(text) as number[]
  return { stored, duplicate, revised, refused }
}

function positionOf(value: number): Position {
  if (isPosition(value)) return value
  throw new TypeError(`Cannot read a position from the ledger: got ${value}`)
}

function countedAs(text: string): CountedAs {
  if (text === 'stored' || text === 'same' || text === 'revised') return text
  throw new TypeError(`Cannot read the ledger: expected stored, same or revised, got "${text}"`)
}
