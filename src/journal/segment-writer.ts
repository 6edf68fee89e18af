// The writer's hand on the disk: appends committed runs to the current segment, begins new segments, deletes old ones, and keeps the
// journal under its upper bound. It does one append at a time and does not retry; after a failure the same run is handed in again.

import { join } from 'node:path'
import type { Millis } from '../core/position.ts'
import type { JournalFile, JournalIo } from './journal-io.ts'
import { errorCode } from './journal-io.ts'
import type { KnownSegment } from './repair.ts'
import { encodeHeader, SEGMENT_HEADER_BYTES, segmentName } from './segment.ts'

export interface SegmentWriterOptions {
  readonly directory: string
  readonly io: JournalIo
  readonly segmentBytes: number
  readonly maxBytes: number
  readonly segments: readonly KnownSegment[]
  /** Whether the last of `segments` may be written on. */
  readonly continueLast: boolean
}

/** A run of frames, the first of which has sequence `first`. */
interface FrameRun {
  readonly slices: readonly Uint8Array[]
  readonly bytes: number
  readonly first: number
  /** Stamp of the first record. */
  readonly stamp: Millis
}

export interface SegmentWriter {
  readonly bytesOnDisk: number
  readonly segments: number
  /** Resolves when the run is durable. When it rejects, nothing of it counts as written. */
  append(run: FrameRun): Promise<void>
  /** Sequences up to `needed` are needed by nobody; their segments go when their last record is older than `olderThan`. */
  retain(needed: number, olderThan: Millis): Promise<void>
  close(): Promise<void>
}

/** Thrown by `append` when the upper bound is reached and the oldest segment is still needed. */
export class JournalFull extends Error {
  override readonly name = 'JournalFull'
}

export function createSegmentWriter(options: SegmentWriterOptions): SegmentWriter {
  const { directory, io, maxBytes } = options
  // A quarter of the bound at most, or the segment being written, which cannot be deleted, could fill the bound alone.
  const segmentBytes = Math.min(options.segmentBytes, Math.floor(maxBytes / 4))
  let segments = [...options.segments]
  let bytesOnDisk = segments.reduce((sum, segment) => sum + segment.bytes + segment.tornBytes, 0)
  let needed = 0
  let file: JournalFile | null = null
  /** Durable bytes of the current segment. */
  let length = 0
  let mayContinue = options.continueLast
  let deleting: Promise<void> = Promise.resolve()

  async function append(run: FrameRun): Promise<void> {
    if (file === null && mayContinue) await reopenLast()
    const isFull = length > SEGMENT_HEADER_BYTES && length + run.bytes > segmentBytes
    if (file === null || !mayContinue || isFull) file = await begin(run)
    else await makeRoom(run.bytes)
    try {
      await writeAll(file, run.slices, length)
    } catch (error) {
      mayContinue = await cutBack(file, length)
      throw error
    }
    try {
      await file.sync()
    } catch (error) {
      // The system may have dropped what it could not write and call the next sync a success: this file is done with.
      mayContinue = false
      await cutBack(file, length)
      throw error
    }
    length += run.bytes
    grow(run.bytes)
  }

  async function reopenLast(): Promise<void> {
    const last = segments.at(-1)
    if (last === undefined) return
    file = await io.open(last.path, 'existing')
    length = last.bytes
  }

  /** A segment appears under its name only with a whole, durable header. */
  async function begin(run: FrameRun): Promise<JournalFile> {
    mayContinue = false
    await closeFile()
    await makeRoom(SEGMENT_HEADER_BYTES + run.bytes)
    const path = join(directory, segmentName(run.first))
    const made = await io.open(`${path}.new`, 'create')
    try {
      await writeAll(made, [encodeHeader(run.first, run.stamp)], 0)
      await made.sync()
      await io.rename(`${path}.new`, path)
      await io.syncDirectory(directory)
    } catch (error) {
      await made.close().catch(ignoreCloseOfFailed)
      throw error
    }
    // After a failed sync the name may be there already: the rename has put the new file in the old one's place.
    const replaced = segments.find((segment) => segment.first === run.first)
    segments = segments.filter((segment) => segment !== replaced)
    bytesOnDisk -= replaced?.bytes ?? 0
    segments.push({
      first: run.first,
      path,
      bytes: 0,
      createdAt: run.stamp,
      torn: replaced?.torn ?? [],
      tornBytes: replaced?.tornBytes ?? 0,
    })
    length = SEGMENT_HEADER_BYTES
    grow(SEGMENT_HEADER_BYTES)
    mayContinue = true
    return made
  }

  function grow(bytes: number): void {
    const last = segments.at(-1)
    if (last === undefined) return
    segments[segments.length - 1] = { ...last, bytes: last.bytes + bytes }
    bytesOnDisk += bytes
  }

  async function makeRoom(bytes: number): Promise<void> {
    if (bytesOnDisk + bytes <= maxBytes) return
    await deleteWhile(() => bytesOnDisk + bytes > maxBytes)
    if (bytesOnDisk + bytes > maxBytes)
      throw new JournalFull(
        `expected at most ${maxBytes} bytes on disk, got ${bytesOnDisk + bytes}, and the oldest segment is still needed`,
      )
  }

  /** Deletes the oldest segments that nobody needs, as long as `wanted` says so; one deletion at a time. */
  function deleteWhile(wanted: (next: KnownSegment) => boolean): Promise<void> {
    const run = async () => {
      for (;;) {
        const [oldest, next] = segments
        if (oldest === undefined || next === undefined) return
        if (next.first - 1 > needed || !wanted(next)) return
        for (const path of [...oldest.torn, oldest.path]) await removeIfThere(path)
        segments = segments.filter((segment) => segment.path !== oldest.path)
        bytesOnDisk -= oldest.bytes + oldest.tornBytes
      }
    }
    const done = deleting.then(run)
    deleting = done.catch(() => undefined)
    return done
  }

  async function removeIfThere(path: string): Promise<void> {
    try {
      await io.remove(path)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
    }
  }

  async function closeFile(): Promise<void> {
    const closing = file
    file = null
    length = 0
    // Everything that counts was synced before; an error here can only be about a tail that is written again elsewhere.
    await closing?.close().catch(ignoreCloseOfFailed)
  }

  return {
    get bytesOnDisk() {
      return bytesOnDisk
    },
    get segments() {
      return segments.length
    },
    append,
    retain(sequence, olderThan) {
      needed = Math.max(needed, sequence)
      // No record of a segment is later than the beginning of the one behind it.
      return deleteWhile((next) => next.createdAt < olderThan)
    },
    async close() {
      await deleting
      await closeFile()
    },
  }
}

async function writeAll(
  file: JournalFile,
  slices: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let rest = slices
  let at = position
  while (rest.length > 0) {
    const written = await file.write(rest, at)
    if (written <= 0) throw new Error(`expected to write ${byteLength(rest)} bytes, wrote none`)
    at += written
    rest = behind(rest, written)
  }
}

/** What is left of the slices after a short write. */
function behind(slices: readonly Uint8Array[], written: number): Uint8Array[] {
  let passed = 0
  return slices.flatMap((slice) => {
    const from = Math.max(0, written - passed)
    passed += slice.length
    return from < slice.length ? [slice.subarray(from)] : []
  })
}

function byteLength(slices: readonly Uint8Array[]): number {
  return slices.reduce((sum, slice) => sum + slice.length, 0)
}

/** Whether what a failed write left behind could be cut off. */
async function cutBack(file: JournalFile, length: number): Promise<boolean> {
  try {
    await file.truncate(length)
    return true
  } catch {
    // Then the file is not written on; readers end it where the next one begins.
    return false
  }
}

function ignoreCloseOfFailed(): void {
  // The failure that matters has been thrown already.
}
