// Lives through the simulated year in a process of its own, which the test kills: `node year-process.ts <directory> <year> <until>`.
// Offers again what came after the last time everything was on the disk, as the product does after a snapshot.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { batchesOf, BATCH_HOURS, HOUR, years, type YearName } from './year-plan.ts'
import { openYearSide } from './year-side.ts'

export type FromYear =
  /** The batch is written, and what was due is worked off. */
  | { readonly kind: 'batch'; readonly number: number }
  | { readonly kind: 'retention'; readonly number: number; readonly pieces: number }
  | { readonly kind: 'end'; readonly problems: readonly string[] }

const BATCHES_BETWEEN_SYNCS = 8

const isYear = (name: string): name is YearName => name in years
const [directory = '', name = '', until = ''] = process.argv.slice(2)
if (!isYear(name)) throw new Error(`Cannot live through year "${name}": expected one of the plan`)
const year = years[name]
const syncedFile = join(directory, 'synced')
const tell = (message: FromYear) => process.send?.(message)

const first = existsSync(syncedFile) ? Number(readFileSync(syncedFile, 'utf8')) + 1 : 0
const side = await openYearSide(directory, year, year.from + first * BATCH_HOURS * HOUR)
const month = new Intl.DateTimeFormat('sv-SE', { timeZone: year.timeZone, month: '2-digit' })
let lastMonth = ''
let last = first - 1

async function bringToDisk(number: number): Promise<void> {
  await side.store.sync()
  side.rollups.sync()
  writeFileSync(`${syncedFile}.new`, String(number))
  renameSync(`${syncedFile}.new`, syncedFile)
}

for (const { number, readings, through, at } of batchesOf(year, first)) {
  if (number === Number(until)) break
  side.clock.set(at)
  await side.store.write(readings, through, at)
  side.rollups.took(readings, through, at)
  await side.rollups.work()
  const thisMonth = month.format(at)
  if (thisMonth !== lastMonth) {
    const taken = await side.retention.run()
    tell({ kind: 'retention', number, pieces: taken.length })
    lastMonth = thisMonth
  }
  if (number % BATCHES_BETWEEN_SYNCS === 0) await bringToDisk(number)
  tell({ kind: 'batch', number })
  last = number
}
await bringToDisk(last)
await side.close()
tell({ kind: 'end', problems: side.problems })
process.disconnect()
