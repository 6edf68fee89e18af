// The writing side of raw readings: a file for each device type and UTC day, those in use kept open. The only writer of its files.

import { existsSync } from 'node:fs'
import type { DeviceType } from '../../core/device-type.ts'
import type { Position } from '../../core/position.ts'
import type { Reading } from '../../core/messages/reading.ts'
import { isDamage, putAside } from '../sqlite/damage.ts'
import { syncDirectory } from '../sqlite/make-durable.ts'
import { openForReading } from '../sqlite/open-database.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { openDayFile, type DayFile } from './day-file.ts'
import { readDayMeta } from './day-schema.ts'
import { DAY_MS, dayOf, filePath, levelFolder } from './layout.ts'
import { createOpenFiles } from './open-files.ts'
import { removeDatabase } from './remove-database.ts'
import type { DayFileName, Totals } from './totals.ts'
import type { WriteState } from './write-state.ts'

export interface RawFiles {
  write(readings: readonly Reading[], through: Position): void
  sync(): void
  /** Removes the file for good; what it has counted stays counted. */
  drop(name: DayFileName): void
  /** Everything synced and settled that can be; what could not. */
  close(): readonly unknown[]
}

export interface RawFilesOptions {
  readonly directory: string
  readonly types: readonly DeviceType[]
  readonly totals: Totals
  readonly state: WriteState
  /** Around midnight UTC each type is written in two files, so twice the number of types keeps them from taking turns. */
  readonly openFilesMax: number
  /** The file is about to be put aside: whoever reads it lets go of it. */
  readonly onAside: (path: string) => void
}

/**
 * A day file takes its part of a write whole or not at all. When one fails, those before it keep theirs and skip it when the
 * write is repeated. Positions are compared within one partition of the journal.
 */
export function createRawFiles(options: RawFilesOptions): RawFiles {
  const { directory, totals, state } = options
  const metricsOfType = metricsByType(options.types)
  const openFiles = createOpenFiles<{ name: DayFileName; file: DayFile }>({
    max: options.openFilesMax,
    close(_path, { name, file }) {
      file.sync()
      totals.settle([name])
      file.close()
    },
  })

  /** Closed after a failed write, with earlier commits that may not be on the disk yet. */
  const discarded = new Map<string, DayFileName>()

  const pathOf = ({ type, day }: DayFileName): string =>
    filePath(directory, 'raw', type, day * DAY_MS)

  function openedFile(name: DayFileName): DayFile {
    const path = pathOf(name)
    const opened = openFiles.get(path)
    if (opened !== undefined) return opened.file
    const isNew = !existsSync(path)
    // Someone has removed the file, or we have and were killed before it was written down.
    if (isNew && !discarded.has(path) && totals.isKnown(name)) totals.retire(name, 0)
    totals.begin(name)
    const file = openDayFile({
      path,
      metrics: metricsOfType.get(name.type) ?? [],
      appliedAtFirst: totals.retiredAt(name),
    })
    totals.record(name, file.counts())
    discarded.delete(path)
    openFiles.add(path, { name, file })
    if (isNew) {
      syncDirectory(levelFolder(directory, 'raw', name.type))
      syncDirectory(directory)
    }
    return file
  }

  function discard(path: string): void {
    const opened = openFiles.get(path)
    if (opened === undefined) return
    openFiles.remove(path)
    discarded.set(path, opened.name)
    opened.file.close()
  }

  function writeDay({ name, readings }: DayReadings, through: Position): void {
    const path = pathOf(name)
    state.attempt(`${readings.length} readings`, path, () => {
      try {
        const file = openedFile(name)
        file.write(readings, through)
        totals.record(name, file.counts())
      } catch (error) {
        const applied = isDamage(error) ? appliedOf(path) : 0
        // What the file holds in memory may be ahead of the disk now: opened again, it starts from what is there.
        discard(path)
        if (isDamage(error) && existsSync(path)) beginAnew(name, path, applied)
        throw error
      }
    })
  }

  /** One file must not keep all others from being written: the next try makes a new one, and what was counted stays counted. */
  function beginAnew(name: DayFileName, path: string, applied: number): void {
    discarded.delete(path)
    options.onAside(path)
    totals.settle([name])
    state.remark(`${path} was damaged: it is kept as ${putAside(path)}, and a new one is begun`)
    totals.retire(name, applied)
  }

  /** How far the file has taken the journal; 0 when it cannot tell any more. */
  function appliedOf(path: string): number {
    const opened = openFiles.get(path)
    if (opened !== undefined) return opened.file.applied()
    try {
      const database = openForReading(path)
      try {
        return readDayMeta(database)?.applied ?? 0
      } finally {
        database.close()
      }
    } catch {
      // A damaged file is removed like any other, and nothing more is known of it.
      return 0
    }
  }

  return {
    write(readings, through) {
      for (const day of byDay(readings)) writeDay(day, through)
    },
    sync() {
      for (const [path, name] of discarded)
        state.attemptSync(path, () => {
          openedFile(name)
        })
      for (const [path, { file }] of openFiles.all)
        state.attemptSync(path, () => {
          file.sync()
        })
    },
    drop(name) {
      const path = pathOf(name)
      const applied = appliedOf(path)
      discard(path)
      discarded.delete(path)
      // In this order a kill in between leaves the counts of a file that is gone, never a file whose counts stand twice.
      totals.settle([name])
      removeDatabase(path)
      totals.retire(name, applied)
      state.forget(path)
    },
    close() {
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
      return failures
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
