// Decides, before a part of the journal's readings is sent, how each of them counts and under which division it stands. What has been
// decided once is taken from the ledger and never decided again, as the database may by then hold the part itself.

import type { Reading } from '../../core/messages/reading.ts'
import type { Position } from '../../core/position.ts'
import { rowKey, type KnownRow, type RowSought } from './known-rows.ts'
import type { CountedAs, CountedOdd, CountedPart, Ledger, NewestOf } from './ledger.ts'

export interface Planned {
  readonly reading: Reading
  readonly key: string
  readonly as: CountedAs
  /** The tag to send it under: that of the row it changes, else its own. */
  readonly division: string
}

export interface PartPlan {
  readonly items: readonly Planned[]
  /** What to tell the ledger before sending; null: it knows it all. */
  readonly part: CountedPart | null
}

/** A row as it stands after the readings planned so far. */
interface RowSoFar extends KnownRow {
  /** What the database had of it before the part is not part of it. */
  readonly isPartial: boolean
}

/** `find` says what the database has of rows that may be there. */
export async function planPart(
  readings: readonly Reading[],
  ledger: Ledger,
  find: (sought: readonly RowSought[]) => Promise<ReadonlyMap<string, KnownRow>>,
): Promise<PartPlan> {
  const kept = await find(rowsToAskFor(readings, ledger))
  const items: Planned[] = []
  const odd: CountedOdd[] = []
  const newest = new Map<string, NewestOf>()
  const added = { stored: 0, duplicate: 0, revised: 0, refused: 0 }
  const rows = new Map<string, RowSoFar>()
  const ordinals = createOrdinals()
  for (const reading of readings) {
    const ordinal = ordinals(reading.position)
    const sought = soughtOf(reading)
    const key = rowKey(sought)
    const row = rows.get(key)
    if (reading.position <= ledger.counted) {
      const known = ledger.odd(reading.position, ordinal)
      const division = known?.division ?? reading.division
      items.push({ reading, key, as: known?.as ?? 'stored', division })
      rows.set(key, rowAfter(reading, division, row ?? null, true))
      continue
    }
    const before = row === undefined || row.isPartial ? overlaid(kept.get(key), row) : row
    const as = countedAs(reading, before)
    const division = before?.division ?? reading.division
    items.push({ reading, key, as, division })
    rows.set(key, rowAfter(reading, division, before, false))
    if (as === 'stored') added.stored++
    else added.duplicate++
    if (as === 'revised') added.revised++
    if (as !== 'stored' || division !== reading.division)
      odd.push({ position: reading.position, ordinal, as, division })
    keepNewest(newest, reading, ledger)
  }
  const through = readings.at(-1)?.position ?? ledger.counted
  const isKnown = through <= ledger.counted
  return { items, part: isKnown ? null : { through, added, odd, newest: [...newest.values()] } }
}

/** Time runs forward for most: only what is not newer than all of its device may be there already. */
function rowsToAskFor(readings: readonly Reading[], ledger: Ledger): readonly RowSought[] {
  const found = new Map<string, RowSought>()
  for (const reading of readings) {
    if (reading.position <= ledger.counted) continue
    const sought = soughtOf(reading)
    const newest = ledger.newest(sought.type, sought.device)?.ts ?? -1
    const floor = ledger.floor(sought.type) ?? Number.POSITIVE_INFINITY
    if (sought.ts <= Math.max(newest, floor)) found.set(rowKey(sought), sought)
  }
  return [...found.values()]
}

function soughtOf(reading: Reading): RowSought {
  return { type: reading.type, device: reading.device, ts: Math.floor(reading.ts) }
}

function countedAs(reading: Reading, before: KnownRow | null): CountedAs {
  if (before === null) return 'stored'
  const isRevised = reading.values.some(
    (value, index) => !Number.isNaN(value) && value !== before.values[index],
  )
  return isRevised ? 'revised' : 'same'
}

function rowAfter(
  reading: Reading,
  division: string,
  before: KnownRow | null,
  isPartial: boolean,
): RowSoFar {
  const values = reading.values.map((value, index) =>
    Number.isNaN(value) ? (before?.values[index] ?? Number.NaN) : value,
  )
  return { division: before?.division ?? division, values, isPartial }
}

/** What the database had, with what came since on top. */
function overlaid(kept: KnownRow | undefined, since: RowSoFar | undefined): KnownRow | null {
  if (since === undefined) return kept ?? null
  const values = since.values.map((value, index) =>
    Number.isNaN(value) ? (kept?.values[index] ?? Number.NaN) : value,
  )
  return { division: since.division, values }
}

function keepNewest(newest: Map<string, NewestOf>, reading: Reading, ledger: Ledger): void {
  const { type, device, ts } = soughtOf(reading)
  const key = `${type}\n${device}`
  const before = newest.get(key) ?? ledger.newest(type, device)
  if (before === null || ts > before.ts)
    newest.set(key, { type, device, ts, division: reading.division })
}

/** Numbers the readings of each position, which follow each other. */
function createOrdinals(): (position: Position) => number {
  let last: Position | null = null
  let next = 0
  return (position) => {
    if (position !== last) next = 0
    last = position
    return next++
  }
}
