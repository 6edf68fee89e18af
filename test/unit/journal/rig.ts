// Opens durable journals in temporary directories for the tests, reads them back, and lets the disk misbehave.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock, type ManualClock } from '../../../src/clock.ts'
import { BEFORE_FIRST, type Position, sequenceOf } from '../../../src/core/position.ts'
import { type JournalFile, type JournalIo, nodeIo } from '../../../src/journal/journal-io.ts'
import {
  type DurableJournal,
  type JournalOptions,
  openJournal,
  type Repair,
} from '../../../src/journal/journal.ts'
import { type JournalItem, readJournal } from '../../../src/journal/reader.ts'
import type { CommittedChunk } from '../../../src/ports.ts'
import { plain } from '../../contracts/journal.ts'

export interface Rig {
  readonly directory: string
  /** Turns the journal's time, unless the options bring a clock. */
  readonly clock: ManualClock
  readonly journal: DurableJournal
  readonly repair: Repair
  /** Reasons as `onHold` got them. */
  readonly holds: (string | null)[]
  /** Resolves when `onHold` is called next. */
  nextHold(): Promise<string | null>
}

const opened: DurableJournal[] = []
const directories: string[] = []

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hetao-journal-'))
  directories.push(directory)
  return directory
}

/** For `afterEach`: closes and removes everything. */
export async function cleanUp(): Promise<void> {
  for (const journal of opened.splice(0)) await journal.close()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
}

/** Without `deliver`, chunks are given back at once. */
export async function openRig(options: Partial<JournalOptions> = {}): Promise<Rig> {
  const directory = options.directory ?? temporaryDirectory()
  const clock = createManualClock(1_700_000_000_000)
  const holds: (string | null)[] = []
  let waiting: ((reason: string | null) => void)[] = []
  const { journal, repair } = await openJournal({
    directory,
    clock,
    segmentBytes: 2 ** 20,
    maxBytes: 2 ** 30,
    retentionMs: 3_600_000,
    commitGapMs: 0,
    deliver(chunk) {
      giveBack(journal, chunk)
    },
    onHold(reason) {
      holds.push(reason)
      const told = waiting
      waiting = []
      for (const tell of told) tell(reason)
    },
    ...options,
  })
  opened.push(journal)
  const nextHold = () => new Promise<string | null>((resolve) => waiting.push(resolve))
  return { directory, clock, journal, repair, holds, nextHold }
}

export function giveBack(journal: DurableJournal, chunk: CommittedChunk): void {
  const { buffer } = chunk.bytes
  if (buffer instanceof ArrayBuffer) journal.release(buffer)
}

/** The directory as a killed process would leave it: a copy without the lock, while the journal may be open. */
export function crashCopy(directory: string): string {
  const copy = temporaryDirectory()
  cpSync(directory, copy, { recursive: true, filter: (path) => !/\/lock[^/]*$/.test(path) })
  return copy
}

/** What the reader yields, payloads as plain arrays. */
export function readBack(directory: string, after: Position = BEFORE_FIRST, through?: Position) {
  const range = through === undefined ? { after } : { after, through }
  return [...readJournal(directory, range)].map((item: JournalItem) =>
    'record' in item
      ? { sequence: sequenceOf(item.position), ...plain(item.record) }
      : { lost: [sequenceOf(item.position), sequenceOf(item.last)] },
  )
}

export interface Faults {
  /** Bytes that still fit; Infinity for a disk with room. */
  room: number
  /** A write takes at most so many bytes. */
  shortWriteBytes: number
  /** Syncs that fail from now on. */
  failingSyncs: number
  failTruncate: boolean
  writes: number
  syncs: number
}

/** The real disk behind faults that a test switches on and off. */
export function createFaultyIo(): { io: JournalIo; faults: Faults } {
  const faults: Faults = {
    room: Infinity,
    shortWriteBytes: Infinity,
    failingSyncs: 0,
    failTruncate: false,
    writes: 0,
    syncs: 0,
  }

  function faulty(file: JournalFile): JournalFile {
    return {
      async write(slices, position) {
        faults.writes++
        const all = Buffer.concat(slices)
        const allowed = Math.min(all.length, faults.shortWriteBytes, faults.room)
        if (allowed === 0)
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
            code: 'ENOSPC',
          })
        faults.room -= allowed
        return file.write([all.subarray(0, allowed)], position)
      },
      async sync() {
        faults.syncs++
        if (faults.failingSyncs-- > 0)
          throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
        return file.sync()
      },
      async truncate(length) {
        if (faults.failTruncate)
          throw Object.assign(new Error('EIO: i/o error, ftruncate'), { code: 'EIO' })
        return file.truncate(length)
      },
      close: () => file.close(),
    }
  }

  return {
    io: { ...nodeIo, open: async (path, mode) => faulty(await nodeIo.open(path, mode)) },
    faults,
  }
}
