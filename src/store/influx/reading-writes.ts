// Writes the journal's readings part by part: look up what may be there, count, send, hand over what was refused, settle. Each step is
// safe to repeat from the beginning, and how far it has come is in the ledger.

import type { Reading } from '../../core/messages/reading.ts'
import type { Position } from '../../core/position.ts'
import type { BatchLimits, BatchSender, Progress } from './batch.ts'
import type { KnownRows } from './known-rows.ts'
import type { Ledger } from './ledger.ts'
import type { ReadingLines } from './line-protocol.ts'
import { planPart, type Planned } from './part-plan.ts'
import { settlementOf } from './part-settlement.ts'

/** A reading that the database will never take, and the reason it gives. */
export interface RefusedReading {
  readonly reading: Reading
  readonly reason: string
}

/** So many in one part are told as a problem: something is wrong with more than a device. */
const REFUSED_MANY = 200

const UNSAYABLE = 'Line protocol cannot say the name of its device or division'

export interface ReadingWritesOptions {
  readonly ledger: Ledger
  readonly knownRows: KnownRows
  readonly sender: BatchSender
  readonly lines: ReadingLines
  readonly limits: BatchLimits
  /** Resolves when they are kept elsewhere, for good. May be called again with the same ones, after a crash. */
  readonly refuse: (items: readonly RefusedReading[]) => Promise<void>
  readonly onProblem: (message: string, detail: string) => void
}

export interface ReadingWrites {
  /** Throws `TelemetryUnavailable`; what was done by then stays done. */
  write(readings: readonly Reading[], through: Position): Promise<void>
}

export function createReadingWrites(options: ReadingWritesOptions): ReadingWrites {
  const { ledger, knownRows, sender, lines, limits, refuse, onProblem } = options

  async function writePart(readings: readonly Reading[]): Promise<void> {
    await askFloors(readings)
    const { items, part } = await planPart(readings, ledger, async (sought) =>
      sought.length === 0 ? new Map() : knownRows.find(sought),
    )
    if (part !== null) ledger.count(part)
    const { texts, places, unsayable } = sayable(items)
    const progress: Progress = { resolved: 0, refused: [] }
    try {
      if (texts.length > 0) await sender.send('raw', texts, progress)
    } finally {
      const reasons = new Map(unsayable)
      for (const { index, reason } of progress.refused) reasons.set(places[index] ?? -1, reason)
      const done = places[progress.resolved] ?? items.length
      await settle(items, wholePositions(items, done), reasons)
    }
  }

  /** `count` items from the beginning are stored or refused. */
  async function settle(
    items: readonly Planned[],
    count: number,
    reasons: ReadonlyMap<number, string>,
  ): Promise<void> {
    const done = items.slice(0, count)
    const last = done.at(-1)
    if (last === undefined) return
    const refused = done.flatMap(({ reading }, index): RefusedReading[] => {
      const reason = reasons.get(index)
      return reason === undefined ? [] : [{ reading, reason }]
    })
    const [first] = refused
    if (first !== undefined) {
      if (refused.length >= REFUSED_MANY)
        onProblem(`InfluxDB has refused ${refused.length} readings of one batch`, first.reason)
      await refuse(refused)
    }
    settleThrough(last.reading.position, done, reasons)
  }

  function settleThrough(
    through: Position,
    items: readonly Planned[],
    reasons: ReadonlyMap<number, string>,
  ): void {
    const isRefused = (index: number): boolean => reasons.has(index)
    const isOrphaned = (key: string): boolean => ledger.isOrphaned(key)
    ledger.settle(settlementOf(items, isRefused, through, isOrphaned))
  }

  async function askFloors(readings: readonly Reading[]): Promise<void> {
    for (const type of new Set(readings.map((reading) => reading.type)))
      if (ledger.floor(type) === null) ledger.setFloor(type, await knownRows.newest(type))
  }

  /** The lines to send, where each one stands among the items, and the items that no line can say. */
  function sayable(items: readonly Planned[]) {
    const texts: string[] = []
    const places: number[] = []
    const unsayable: [number, string][] = []
    for (const [index, { reading, division }] of items.entries()) {
      const text = lines.lineOf(reading, division)
      if (text === null) unsayable.push([index, UNSAYABLE])
      else {
        texts.push(text)
        places.push(index)
      }
    }
    return { texts, places, unsayable }
  }

  return {
    async write(readings, through) {
      for (const part of partsOf(readings, ledger.applied, limits.linesMax)) await writePart(part)
      if (through > ledger.applied) settleThrough(through, [], new Map())
    },
  }
}

/** Readings after `applied`, in parts of about `countMax` that end where a position ends. */
function* partsOf(
  readings: readonly Reading[],
  applied: Position,
  countMax: number,
): Iterable<readonly Reading[]> {
  let part: Reading[] = []
  for (const reading of readings) {
    if (reading.position <= applied) continue
    const last = part.at(-1)
    if (part.length >= countMax && last !== undefined && last.position !== reading.position) {
      yield part
      part = []
    }
    part.push(reading)
  }
  if (part.length > 0) yield part
}

/** The greatest number of items, up to `count`, that ends where a position ends. */
function wholePositions(items: readonly Planned[], count: number): number {
  let end = count
  while (
    end > 0 &&
    end < items.length &&
    items[end]?.reading.position === items[end - 1]?.reading.position
  )
    end--
  return end
}
