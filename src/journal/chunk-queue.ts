// The chunks between `append` and the pipeline: entries are encoded straight into the last one, commits take slices of them, and
// whole committed ones leave in order. Memory comes from a pool that the pipeline fills up again.

import type { Millis } from '../core/position.ts'
import { type Entry, writeRecord } from '../core/messages/record.ts'
import type { AppendOutcome } from '../ports.ts'
import { sealFrame } from './frame.ts'

export type Done = (outcome: AppendOutcome) => void

export interface Chunk {
  readonly bytes: Buffer
  /** Sequence of its first frame. */
  readonly first: number
  count: number
  filled: number
  /** Bytes from the start that have been taken by a commit that succeeded. */
  committed: number
  /** Takes no more entries. */
  isSealed: boolean
  /** Callbacks and stamps of the entries that no commit has taken yet. */
  dones: Done[]
  stamps: Millis[]
}

/** The part of a chunk that one commit writes. */
export interface Slice {
  readonly chunk: Chunk
  readonly bytes: Uint8Array
  readonly end: number
  readonly first: number
  readonly dones: readonly Done[]
  readonly stamps: readonly Millis[]
}

export interface ChunkQueue {
  put(entry: Entry, size: number, stamp: Millis, sequence: number, done: Done): void
  /** Closes the last chunk, so that it can leave after the next commit. */
  seal(): void
  /**
   * What the next commit writes: whatever is not committed in the first `chunksMax` chunks, up to `bytesMax` but at least one
   * slice. Its callbacks move into the slices.
   */
  take(chunksMax: number, bytesMax: number): Slice[]
  /** Removes and returns the first chunk when all of it is committed; an unsealed one only when `eager`. */
  leave(eager: boolean): Chunk | null
  recycle(memory: ArrayBuffer): void
}

export function createChunkQueue(options: {
  readonly chunkBytes: number
  readonly poolMax: number
}): ChunkQueue {
  const { chunkBytes, poolMax } = options
  const chunks: Chunk[] = []
  const pool: ArrayBuffer[] = []
  let last: Chunk | null = null

  function open(size: number, first: number): Chunk {
    const memory =
      size > chunkBytes ? new ArrayBuffer(size) : (pool.pop() ?? new ArrayBuffer(chunkBytes))
    const chunk: Chunk = {
      bytes: Buffer.from(memory),
      first,
      count: 0,
      filled: 0,
      committed: 0,
      isSealed: false,
      dones: [],
      stamps: [],
    }
    chunks.push(chunk)
    last = chunk
    return chunk
  }

  function seal(): void {
    if (last === null) return
    last.isSealed = true
    last = null
  }

  return {
    put(entry, size, stamp, sequence, done) {
      if (last !== null && last.filled + size > last.bytes.length) seal()
      const chunk = last ?? open(size, sequence)
      const start = chunk.filled
      chunk.filled = writeRecord(chunk.bytes, start, entry, stamp, sequence)
      sealFrame(chunk.bytes, start, chunk.filled)
      chunk.count++
      chunk.dones.push(done)
      chunk.stamps.push(stamp)
    },
    seal,
    take(chunksMax, bytesMax) {
      const slices: Slice[] = []
      let bytes = 0
      for (const chunk of chunks.slice(0, chunksMax)) {
        if (chunk.filled === chunk.committed) continue
        bytes += chunk.filled - chunk.committed
        if (slices.length > 0 && bytes > bytesMax) break
        const { dones, stamps } = chunk
        slices.push({
          chunk,
          bytes: chunk.bytes.subarray(chunk.committed, chunk.filled),
          end: chunk.filled,
          first: chunk.first + chunk.count - dones.length,
          dones,
          stamps,
        })
        chunk.dones = []
        chunk.stamps = []
      }
      return slices
    },
    leave(eager) {
      const [chunk] = chunks
      if (chunk === undefined || chunk.filled === 0 || chunk.committed < chunk.filled) return null
      if (!chunk.isSealed && !eager) return null
      if (chunk === last) seal()
      chunks.shift()
      return chunk
    },
    recycle(memory) {
      if (pool.includes(memory)) throw new RangeError('Cannot take chunk memory back twice')
      if (memory.byteLength === chunkBytes && pool.length < poolMax) pool.push(memory)
    },
  }
}
