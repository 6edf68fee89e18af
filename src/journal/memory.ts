// A journal that keeps nothing: for simulations and tests, where a run is its own record. A commit is the append itself, so `done`
// and the chunk come before `append` returns, unless it was called from within one of them.

import { BEFORE_FIRST, later, type Millis } from '../core/position.ts'
import { type Entry, writeRecord } from '../core/messages/record.ts'
import type { AppendOutcome, Clock, CommittedChunk, Journal } from '../ports.ts'
import { callBack } from './call-back.ts'
import { FRAME_BYTES_MAX, frameBytes, sealFrame } from './frame.ts'
import { startIdleRecords } from './idle-records.ts'

export interface MemoryJournalOptions {
  readonly clock: Clock
  /** Takes a chunk of one record with memory of its own. */
  readonly deliver: (chunk: CommittedChunk) => void
}

interface Waiting {
  readonly bytes: Buffer
  readonly receivedAt: Millis
  readonly done: (outcome: AppendOutcome) => void
}

/** Entries appended from within a callback and not committed yet; beyond it they are refused. */
const WAITING_MAX = 200_000

export function createMemoryJournal(options: MemoryJournalOptions): Journal {
  const { clock, deliver } = options
  const waiting: Waiting[] = []
  let committed = BEFORE_FIRST
  let appended = 0
  let pendingBytes = 0
  let messages = 0
  let lastStamp: Millis = 0
  let lastAppendAt = clock.now()
  let isCommitting = false
  let isClosed = false
  const stopIdleRecords = startIdleRecords({
    clock,
    lastAppendAt: () => lastAppendAt,
    append: (entry) => append(entry, () => undefined),
  })

  function append(entry: Entry, done: (outcome: AppendOutcome) => void): void {
    const size = frameBytes(entry)
    const reason = refusal(size)
    if (reason !== null) {
      callBack(done, { kind: 'refused', reason })
      return
    }
    lastAppendAt = clock.now()
    lastStamp = Math.max(lastStamp, lastAppendAt)
    const bytes = Buffer.from(new ArrayBuffer(size))
    writeRecord(bytes, 0, entry, lastStamp, ++appended)
    sealFrame(bytes, 0, size)
    waiting.push({ bytes, receivedAt: lastStamp, done })
    pendingBytes += size
    if (entry.kind === 'message') messages++
    commit()
  }

  function refusal(size: number): 'closed' | 'too_large' | 'full' | null {
    if (isClosed) return 'closed'
    if (size > FRAME_BYTES_MAX) return 'too_large'
    return waiting.length >= WAITING_MAX ? 'full' : null
  }

  function commit(): void {
    if (isCommitting) return
    isCommitting = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      committed = later(committed)
      pendingBytes -= next.bytes.length
      const position = committed
      callBack(next.done, { kind: 'committed', position, receivedAt: next.receivedAt })
      callBack(deliver, { first: position, count: 1, bytes: next.bytes })
    }
    isCommitting = false
  }

  return {
    append,
    get committed() {
      return committed
    },
    status: () => ({
      committed,
      bytesOnDisk: 0,
      segments: 0,
      pendingBytes,
      pendingEntries: waiting.length,
      messages,
      holding: null,
    }),
    async close() {
      isClosed = true
      stopIdleRecords()
    },
  }
}
