// A telemetry side as the product runs it, store, rollups and queries, fed with readings that a plain table remembers as well; it
// can be restarted, killed, or lose its ledger at any moment.

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { metricsOf } from '../../src/core/device-type.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import { BEFORE_FIRST, positionAt, type Position } from '../../src/core/position.ts'
import type { TelemetryStore } from '../../src/ports.ts'
import { openRollups, type Rollups } from '../../src/store/rollups/rollups.ts'
import { createLocalWindows } from '../../src/store/telemetry/local-windows.ts'
import { createTelemetryQueries, type TelemetryQueries } from '../../src/store/telemetry/queries.ts'
import { plugTelemetry, type Plug } from './telemetry-plug.ts'
import { contractTypes } from './telemetry-readings.ts'
import type { TelemetrySubject } from './telemetry-store.ts'

interface Batch {
  readonly readings: readonly Reading[]
  readonly through: Position
  readonly at: number
}

/** By device and metric id: values by time. */
export type Table = ReadonlyMap<string, ReadonlyMap<number, number>>

export interface Feed {
  /** What was written, whatever happened since. */
  readonly table: Table
  readonly store: TelemetryStore
  readonly rollups: Rollups
  readonly queries: TelemetryQueries
  /** The feed's time. */
  readonly at: number
  /** Writes readings (their positions are given here), and notes them, `at` having gone on by `ms`. */
  write(readings: readonly Reading[], ms: number): Promise<void>
  work(): Promise<void>
  /** The store fails once while `work` is on; then the work goes on. */
  stumble(afterCalls: number): Promise<void>
  /** What the product does when it takes a snapshot. */
  sync(): Promise<void>
  /** An orderly end and a new start. */
  restart(): Promise<void>
  /** A kill in the middle of the work; the journal is read again from the last `sync`, or from `earlier` batches before it. */
  kill(afterCalls: number, earlier: number): Promise<void>
  /** A new start over the same store, its ledger gone. */
  loseLedger(): Promise<void>
  dispose(): Promise<void>
}

/** The name under which the table keeps a device's metric. */
export const cellsOf = (device: string, metric: string): string => `${device} ${metric}`

export async function openFeed(options: {
  readonly open: () => Promise<TelemetrySubject>
  readonly timeZone: string
  readonly start: number
  readonly keeps: boolean
}): Promise<Feed> {
  const windowAt = createLocalWindows(options.timeZone)
  const directory = mkdtempSync(join(tmpdir(), 'hetao-feed-'))
  const table = new Map<string, Map<number, number>>()
  const batches: Batch[] = []
  const subjects: TelemetrySubject[] = []
  let ledgers = 0
  let position = BEFORE_FIRST
  let synced = BEFORE_FIRST
  let at = options.start
  let subject = await options.open()
  subjects.push(subject)
  let plug: Plug
  let rollups: Rollups
  let queries: TelemetryQueries
  const ledger = (): string => join(directory, `${ledgers}.db`)
  await start()

  async function start(): Promise<void> {
    plug = plugTelemetry(subject.store)
    const { store } = plug
    rollups = await openRollups({ store, file: ledger(), types: contractTypes, windowAt })
    queries = createTelemetryQueries({
      store,
      progress: rollups,
      types: contractTypes,
      windowAt,
      keptSince: () => 0,
    })
  }

  async function give(batch: Batch): Promise<void> {
    await plug.store.write(batch.readings, batch.through, batch.at)
    rollups.took(batch.readings, batch.through, batch.at)
  }

  return {
    table,
    get store() {
      return plug.store
    },
    get rollups() {
      return rollups
    },
    get queries() {
      return queries
    },
    get at() {
      return at
    },
    async write(readings, ms) {
      at += ms
      const placed = readings.map((one) => {
        position = positionAt(position + 1)
        return { ...one, receivedAt: at, position }
      })
      position = positionAt(position + 1)
      for (const one of placed) remember(table, one)
      const batch = { readings: placed, through: position, at }
      batches.push(batch)
      await give(batch)
    },
    work: () => rollups.work(),
    async stumble(afterCalls) {
      plug.stumbleAfter(afterCalls)
      await rollups.work().catch(() => {})
      plug.stumbleAfter(Number.POSITIVE_INFINITY)
      await rollups.work()
    },
    async sync() {
      await plug.store.sync()
      rollups.sync()
      synced = position
    },
    async restart() {
      await plug.store.sync()
      rollups.sync()
      synced = position
      rollups.close()
      if (options.keeps) {
        subject = await subject.reopen()
        subjects.push(subject)
      }
      await start()
    },
    async kill(afterCalls, earlier) {
      const killed = rollups
      const before = ledger()
      // Committed is committed: what the ledger's files hold at this moment is what the next process finds.
      plug.pullAfter(afterCalls, () => {
        ledgers++
        for (const end of ['', '-wal'])
          if (existsSync(before + end)) cpSync(before + end, ledger() + end)
      })
      await killed.work().catch(() => {})
      plug.pull()
      killed.close()
      await start()
      const first = batches.findIndex((batch) => batch.through > synced)
      if (first >= 0)
        for (const batch of batches.slice(Math.max(0, first - earlier))) await give(batch)
    },
    async loseLedger() {
      rollups.close()
      ledgers++
      await start()
    },
    async dispose() {
      rollups.close()
      for (const one of subjects.reverse()) await one.dispose()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function remember(table: Map<string, Map<number, number>>, reading: Reading): void {
  const type = contractTypes.find(({ id }) => id === reading.type)
  if (type === undefined) throw new Error(`Cannot remember a reading of type ${reading.type}`)
  for (const [place, metric] of metricsOf(type).entries()) {
    const value = reading.values[place] ?? Number.NaN
    if (Number.isNaN(value)) continue
    const key = cellsOf(reading.device, metric.id)
    const values = table.get(key) ?? new Map<number, number>()
    table.set(key, values.set(reading.ts, value))
  }
}
