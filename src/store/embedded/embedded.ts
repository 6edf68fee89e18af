// The embedded telemetry store, writing side: readings into one SQLite file per device type and UTC day. Synchronous inside; runs
// on the engine's thread and is the only writer of its directory.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceType } from '../../core/device-type.ts'
import type { Position } from '../../core/position.ts'
import type { Reading } from '../../core/messages/reading.ts'
import type { TelemetryStore } from '../../ports.ts'
import { makeDurable, syncDirectory } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { checkReadings } from '../telemetry/check.ts'
import { openDayFile, type DayFile } from './day-file.ts'
import { NO_COUNTS, readDayMeta } from './day-schema.ts'
import { dayFilePath, dayOf, dayOfFileName } from './layout.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { createOpenFiles } from './open-files.ts'
import { openTotals, type DayFileName, type Totals } from './totals.ts'

export interface EmbeddedTelemetryOptions {
  readonly directory: string
  readonly types: readonly DeviceType[]
  /** Around midnight UTC each type is written in two files, so twice the number of types keeps them from taking turns. */
  readonly openFilesMax?: number
}

/**
 * A day file takes its part of a write whole or not at all. When one fails, those before it keep theirs and skip it when the
 * write is repeated. Positions are compared within one partition of the journal.
 */
export function openEmbeddedTelemetry(options: EmbeddedTelemetryOptions): TelemetryStore {
  const { directory, types } = options
  const metricsOfType = metricsByType(types)
  const totals = openTotals(directory)
  recount(directory, [...metricsOfType.keys()], totals)
  const openFiles = createOpenFiles<{ name: DayFileName; file: DayFile }>({
    max: options.openFilesMax ?? 64,
    close(_path, { name, file }) {
      file.sync()
      totals.settle([name])
      file.close()
    },
  })

  /** Closed after a failed write, with earlier commits that may not be on the disk yet. */
  const discarded = new Map<string, DayFileName>()

  function openedFile(name: DayFileName): DayFile {
    const path = dayFilePath(directory, name.type, name.day)
    const opened = openFiles.get(path)
    if (opened !== undefined) return opened.file
    const isNew = !existsSync(path)
    totals.begin(name)
    const file = openDayFile(path, metricsOfType.get(name.type) ?? [])
    totals.record(name, file.counts())
    discarded.delete(path)
    openFiles.add(path, { name, file })
    if (isNew) syncDirectory(directory)
    return file
  }

  function writeDay({ name, readings }: DayReadings, through: Position): void {
    const path = dayFilePath(directory, name.type, name.day)
    try {
      const file = openedFile(name)
      file.write(readings, through)
      totals.record(name, file.counts())
    } catch (error) {
      // What the file holds in memory may be ahead of the disk now: opened again, it starts from what is there.
      discard(path)
      throw new Error(`Cannot write ${readings.length} readings to ${path}: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }

  function discard(path: string): void {
    const opened = openFiles.get(path)
    if (opened === undefined) return
    openFiles.remove(path)
    discarded.set(path, opened.name)
    opened.file.close()
  }

  return {
    async write(readings, through) {
      checkReadings(readings, through, metricsOfType)
      for (const day of byDay(readings)) writeDay(day, through)
    },
    async sync() {
      for (const name of discarded.values()) openedFile(name)
      for (const [, { file }] of openFiles.all) file.sync()
    },
    counts: () => totals.sum(),
    async close() {
      const settled: DayFileName[] = []
      const failures: unknown[] = []
      for (const [path, { name, file }] of openFiles.all) {
        try {
          file.sync()
          settled.push(name)
        } catch (error) {
          failures.push(error)
        }
        file.close()
        openFiles.remove(path)
      }
      totals.settle(settled)
      totals.close()
      if (failures.length > 0)
        throw new AggregateError(failures, `Cannot sync ${failures.length} telemetry files`)
    },
  }
}

interface DayReadings {
  readonly name: DayFileName
  readonly readings: Reading[]
}

function byDay(readings: readonly Reading[]): Iterable<DayReadings> {
  const groups = new Map<string, Map<number, DayReadings>>()
  const inOrder: DayReadings[] = []
  for (const reading of readings) {
    const day = dayOf(reading.ts)
    let days = groups.get(reading.type)
    if (days === undefined) groups.set(reading.type, (days = new Map<number, DayReadings>()))
    let group = days.get(day)
    if (group === undefined) {
      group = { name: { type: reading.type, day }, readings: [] }
      days.set(day, group)
      inOrder.push(group)
    }
    group.readings.push(reading)
  }
  return inOrder
}

/** Brings the totals up to the files that were in use when the process ended, and to files that someone has put there. */
function recount(directory: string, types: readonly string[], totals: Totals): void {
  const names = [...totals.unsettled]
  for (const type of types)
    for (const fileName of listDirectory(join(directory, type))) {
      const day = dayOfFileName(fileName)
      if (day !== null && !totals.isKnown({ type, day })) names.push({ type, day })
    }
  for (const name of names) {
    const path = dayFilePath(directory, name.type, name.day)
    if (!existsSync(path)) continue
    // Opened for writing, so that the log of a killed process is taken into the file.
    const database = openForWriting(path, 'normal')
    try {
      totals.begin(name)
      totals.record(name, readDayMeta(database, path)?.counts ?? NO_COUNTS)
      makeDurable(database, path)
    } finally {
      database.close()
    }
  }
  totals.settle(names)
}

function listDirectory(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : []
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
