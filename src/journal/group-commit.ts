// The writer: stamps entries, gathers them into group commits, acknowledges after the sync in append order, and hands the committed
// chunks on. One commit is under way at a time; what arrives meanwhile makes up the next one.
//
//   append -> chunk (encoded at once) -> write + sync -> done(...) in order -> deliver(chunk) -> ... -> release(memory)

import {
  BEFORE_FIRST,
  later,
  type Millis,
  type Position,
  positionAt,
  sequenceOf,
} from '../core/position.ts'
import type { Entry } from '../core/messages/record.ts'
import type { Clock, CommittedChunk, Journal } from '../ports.ts'
import { callBack } from './call-back.ts'
import { type Chunk, createChunkQueue, type Done, type Slice } from './chunk-queue.ts'
import { frameBytes } from './frame.ts'
import { startIdleRecords } from './idle-records.ts'
import { isDiskFull, messageOf } from './journal-io.ts'
import { JournalFull, type SegmentWriter } from './segment-writer.ts'

export interface DurableJournal extends Journal {
  /** Gives the memory of a delivered chunk back, once per chunk, also when it comes from another thread. */
  release(memory: ArrayBuffer): void
  /** Records up to `through` are needed by nobody. Rejects when a segment cannot be deleted. */
  retain(through: Position): Promise<void>
}

export interface GroupCommitOptions {
  readonly clock: Clock
  readonly deliver: (chunk: CommittedChunk) => void
  readonly onHold: (reason: string | null) => void
  readonly onFull: () => void
  readonly onClosed: () => void
  readonly segments: SegmentWriter
  /** Sequence of the next record. */
  readonly next: number
  readonly lastStamp: Millis
  readonly retentionMs: number
  readonly chunkBytes: number
  readonly entryBytesMax: number
  /** At least a chunk and an entry. */
  readonly commitBytesMax: number
  readonly chunksOutMax: number
  readonly commitGapMs: number
  readonly pendingBytesMax: number
  readonly pendingEntriesMax: number
}

const RETRY_FIRST_MS = 50
const RETRY_MAX_MS = 5000
/** Chunks of one commit: bounds how late the first acknowledgement of a long queue leaves. */
const CHUNKS_PER_COMMIT = 16
/** With fewer chunks out, one leaves although it is not full: a quick reader gets small ones soon, a slow reader big ones. */
const EAGER_CHUNKS_OUT = 2

export function createGroupCommit(options: GroupCommitOptions): DurableJournal {
  const { clock, segments, chunksOutMax, commitGapMs } = options
  const queue = createChunkQueue({ chunkBytes: options.chunkBytes, poolMax: chunksOutMax })
  let next = options.next
  let committed = positionAt(next - 1)
  let needed = BEFORE_FIRST
  let lastStamp = options.lastStamp
  let lastAppendAt = clock.now()
  let lastCommitAt = -Infinity
  let pendingBytes = 0
  let pendingEntries = 0
  let messages = 0
  let chunksOut = 0
  let holding: string | null = null
  let running: Promise<void> | null = null
  let closing: Promise<void> | null = null
  let isScheduled = false
  let isDelivering = false
  let cancelTimer = nothing
  let wake = nothing

  const stopIdleRecords = startIdleRecords({
    clock,
    lastAppendAt: () => lastAppendAt,
    append(entry) {
      // While something waits for the disk or the reader, a later clock record would tell nobody anything.
      if (pendingEntries === 0) append(entry, nothing)
    },
  })

  function append(entry: Entry, done: Done): void {
    const size = frameBytes(entry)
    const reason = refusal(size)
    if (reason !== null) {
      callBack(done, { kind: 'refused', reason })
      return
    }
    lastAppendAt = clock.now()
    if (lastAppendAt > lastStamp) lastStamp = lastAppendAt
    queue.put(entry, size, lastStamp, next++, done)
    pendingBytes += size
    pendingEntries++
    if (entry.kind === 'message') messages++
    schedule()
  }

  function refusal(size: number): 'closed' | 'too_large' | 'full' | null {
    if (closing !== null) return 'closed'
    if (size > options.entryBytesMax) return 'too_large'
    const isFull =
      pendingEntries >= options.pendingEntriesMax || pendingBytes + size > options.pendingBytesMax
    return isFull ? 'full' : null
  }

  function schedule(): void {
    if (isScheduled || running !== null || closing !== null || pendingEntries === 0) return
    if (chunksOut >= chunksOutMax) {
      hold(`slow reader: ${chunksOut} chunks were delivered and not given back`)
      return
    }
    isScheduled = true
    const waitMs = commitGapMs - (clock.now() - lastCommitAt)
    // At least one turn of the loop, so that what came in with the same reads gathers; a clock set back must not stop commits.
    if (waitMs > 0 && waitMs <= commitGapMs) cancelTimer = clock.after(waitMs, start)
    else setImmediate(start)
  }

  function start(): void {
    isScheduled = false
    if (closing === null && running === null) void run()
  }

  function run(): Promise<void> {
    running = commit()
    return running
  }

  async function commit(): Promise<void> {
    lastCommitAt = clock.now()
    if (chunksOut < EAGER_CHUNKS_OUT) queue.seal()
    const room = closing === null ? chunksOutMax - chunksOut : Infinity
    const slices = queue.take(Math.min(CHUNKS_PER_COMMIT, room), options.commitBytesMax)
    const failure = await write(slices)
    running = null
    if (failure === null) settle(slices)
    else giveUp(slices, failure)
    deliverReady()
    schedule()
  }

  /** Tries until the slices are durable. Only when the journal is being closed it gives up and returns why. */
  async function write(slices: readonly Slice[]): Promise<string | null> {
    const [first] = slices
    if (first === undefined) return null
    const run = {
      slices: slices.map((slice) => slice.bytes),
      bytes: slices.reduce((sum, slice) => sum + slice.bytes.length, 0),
      first: first.first,
      stamp: first.stamps[0] ?? lastStamp,
    }
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(RETRY_MAX_MS, pauseMs * 2)) {
      try {
        await segments.append(run)
        hold(null)
        return null
      } catch (error) {
        hold(holdReason(error))
        if (error instanceof JournalFull) callBack(options.onFull, undefined)
        if (closing !== null) return holdReason(error)
        await pause(pauseMs)
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve)
      wake = () => {
        cancel()
        resolve()
      }
    })
  }

  function settle(slices: readonly Slice[]): void {
    for (const slice of slices) {
      slice.chunk.committed = slice.end
      committed = positionAt(slice.first + slice.dones.length - 1)
      pendingBytes -= slice.bytes.length
      pendingEntries -= slice.dones.length
    }
    for (const { first, dones, stamps } of slices) {
      const position = positionAt(first)
      for (const [index, done] of dones.entries())
        callBack(done, {
          kind: 'committed',
          position: later(position, index),
          receivedAt: stamps[index] ?? lastStamp,
        })
    }
  }

  /** The journal closes and the disk takes nothing: nobody is told yes, and nobody is left waiting. */
  function giveUp(slices: readonly Slice[], cause: string): void {
    pendingBytes = 0
    pendingEntries = 0
    for (const slice of [...slices, ...queue.take(Infinity, Infinity)])
      for (const done of slice.dones) callBack(done, { kind: 'unknown', cause })
  }

  function deliverReady(): void {
    // A reader on this thread may give a chunk back while it takes it.
    if (isDelivering) return
    isDelivering = true
    for (let chunk = leaving(); chunk !== null; chunk = leaving()) {
      chunksOut++
      const { count, filled } = chunk
      callBack(options.deliver, {
        first: positionAt(chunk.first),
        count,
        bytes: chunk.bytes.subarray(0, filled),
      })
    }
    isDelivering = false
  }

  function leaving(): Chunk | null {
    if (closing !== null) return queue.leave(true)
    return chunksOut < chunksOutMax ? queue.leave(chunksOut < EAGER_CHUNKS_OUT) : null
  }

  function hold(reason: string | null): void {
    if (reason === holding) return
    holding = reason
    callBack(options.onHold, reason)
  }

  async function finish(): Promise<void> {
    stopIdleRecords()
    cancelTimer()
    wake()
    while (isPending()) await (running ?? run())
    deliverReady()
    await segments.close()
    options.onClosed()
  }

  function isPending(): boolean {
    return pendingEntries > 0
  }

  return {
    append,
    get committed() {
      return committed
    },
    status: () => ({
      committed,
      bytesOnDisk: segments.bytesOnDisk,
      segments: segments.segments,
      pendingBytes,
      pendingEntries,
      messages,
      holding,
    }),
    release(memory) {
      chunksOut = Math.max(0, chunksOut - 1)
      queue.recycle(memory)
      deliverReady()
      schedule()
    },
    async retain(through) {
      const isNews = through > needed
      if (isNews) needed = through
      await segments.retain(sequenceOf(needed), clock.now() - options.retentionMs)
      // When nothing more may be deleted than before, the next try can wait for its time.
      if (isNews) wake()
    },
    close() {
      closing ??= Promise.resolve().then(finish)
      return closing
    },
  }
}

function nothing(): void {}

function holdReason(error: unknown): string {
  if (error instanceof JournalFull) return `journal full: ${messageOf(error)}`
  return `${isDiskFull(error) ? 'disk full' : 'disk error'}: ${messageOf(error)}`
}
