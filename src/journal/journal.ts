// Opens the durable journal: one process per directory, repair first, then the writer continues where the last record ends.

import { mkdirSync } from 'node:fs'
import { type Position, sequenceOf } from '../core/position.ts'
import type { Clock, CommittedChunk } from '../ports.ts'
import { lockDirectory } from './directory-lock.ts'
import { FRAME_BYTES_MAX } from './frame.ts'
import { createGroupCommit, type DurableJournal } from './group-commit.ts'
import { type JournalIo, nodeIo } from './journal-io.ts'
import { type Repair, repairDirectory } from './repair.ts'
import { createSegmentWriter } from './segment-writer.ts'

export type { DurableJournal } from './group-commit.ts'
export type { Repair } from './repair.ts'

export interface JournalOptions {
  readonly directory: string
  readonly clock: Clock
  /** A segment that has reached this size is followed by a new one. */
  readonly segmentBytes: number
  /** Upper bound on disk: the oldest segments that nobody needs go first, then commits wait. At least four chunks. */
  readonly maxBytes: number
  readonly retentionMs: number
  /** Takes the chunk and its memory; `release` gives the memory back. Called in order, after the chunk's acknowledgements. */
  readonly deliver: (chunk: CommittedChunk) => void
  /** Called when commits begin to wait, with the reason, and with null when they go on. */
  readonly onHold?: (reason: string | null) => void
  /** Called at every try that `maxBytes` defeats: commits wait until `retain` allows more to be deleted. */
  readonly onFull?: () => void
  /** Positions up to here have been used, whatever the files say: so a lost journal never gives one out twice. */
  readonly after?: Position
  readonly io?: JournalIo
  readonly chunkBytes?: number
  /** Chunks delivered and not released at which commits wait. */
  readonly chunksOutMax?: number
  /** Least time from the start of one commit to the start of the next, so that messages gather. */
  readonly commitGapMs?: number
  /** Limits of what waits for a commit; beyond them entries are refused as `full`. */
  readonly pendingBytesMax?: number
  readonly pendingEntriesMax?: number
}

/** Repairs the directory and opens it. Rejects when another process holds it, or when it cannot be read or written. */
export async function openJournal(
  options: JournalOptions,
): Promise<{ journal: DurableJournal; repair: Repair }> {
  const { directory, segmentBytes, maxBytes, chunkBytes = 256 * 1024 } = options
  if (maxBytes < 4 * chunkBytes)
    throw new RangeError(
      `Cannot open the journal: expected maxBytes of at least four chunks (${4 * chunkBytes}), got ${maxBytes}`,
    )
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lock = lockDirectory(directory)
  try {
    const found = repairDirectory(directory)
    const used = options.after === undefined ? 0 : sequenceOf(options.after)
    const segments = createSegmentWriter({
      directory,
      io: options.io ?? nodeIo,
      segmentBytes,
      maxBytes,
      segments: found.segments,
      // Numbers are left out between segments only, never inside one.
      continueLast: found.lastIsSound && found.next > used,
    })
    const journal = createGroupCommit({
      clock: options.clock,
      deliver: options.deliver,
      onHold: options.onHold ?? (() => undefined),
      onFull: options.onFull ?? (() => undefined),
      onClosed: lock.release,
      segments,
      next: Math.max(found.next, used + 1),
      lastStamp: found.lastStamp,
      retentionMs: options.retentionMs,
      chunkBytes,
      entryBytesMax: Math.min(FRAME_BYTES_MAX, Math.floor(maxBytes / 4)),
      // Beside the segment being written, which is a quarter at most, there is always room for it in the end.
      commitBytesMax: Math.floor(maxBytes / 4),
      chunksOutMax: options.chunksOutMax ?? 64,
      commitGapMs: options.commitGapMs ?? 1,
      pendingBytesMax: options.pendingBytesMax ?? 64 * 2 ** 20,
      pendingEntriesMax: options.pendingEntriesMax ?? 200_000,
    })
    const { torn, damaged } = found
    return { journal, repair: { torn, damaged, tookOverFrom: lock.tookOverFrom } }
  } catch (error) {
    lock.release()
    throw error
  }
}
