// A journal's disk that obeys orders: full after so many bytes, writing in bits, failing to sync, stalling, or keeping what was
// not synced in memory, so that a kill is a power cut. Everything else goes to the real disk.

import { type JournalFile, type JournalIo, nodeIo } from '../../src/journal/journal-io.ts'

export interface DiskOrder {
  /** Bytes that still fit; null: as many as there are. */
  readonly room?: number | null
  /** A write takes at most so many bytes; null: all. */
  readonly shortWriteBytes?: number | null
  /** Syncs that fail from now on. */
  readonly failingSyncs?: number
  /** The next write or sync takes so long before it happens. */
  readonly stall?: { readonly before: 'write' | 'sync'; readonly ms: number } | null
  /** What is written or renamed reaches the disk only when it is synced. */
  readonly isVolatile?: boolean
}

/** What an order has done to the product for the first time. */
export interface DiskStrike {
  readonly struck: 'full' | 'short' | 'sync' | 'stall'
  readonly path: string
  /** Bytes of the file that were synced: behind them nothing was promised to anybody. */
  readonly syncedBytes: number
}

/** Breaks the product on purpose, to prove that the test notices. `early-ack`: a sync ends before anything is on disk. */
export type Sabotage = 'early-ack'

const LATE_MS = 60

export function createFaultyIo(options: {
  readonly onStrike: (strike: DiskStrike) => void
  readonly wait: (ms: number) => Promise<void>
  readonly sabotage: Sabotage | null
}): { readonly io: JournalIo; order(next: DiskOrder): void } {
  const { wait, sabotage } = options
  let current: Required<DiskOrder> = {
    room: null,
    shortWriteBytes: null,
    failingSyncs: 0,
    stall: null,
    isVolatile: false,
  }
  let told = new Set<DiskStrike['struck']>()
  /** Renames that no sync of the directory has made durable. */
  let renames: { readonly from: string; readonly to: string }[] = []

  function strike(struck: DiskStrike['struck'], path: string, syncedBytes: number): void {
    if (told.has(struck)) return
    told.add(struck)
    options.onStrike({ struck, path, syncedBytes })
  }

  async function stall(before: 'write' | 'sync', path: string, syncedBytes: number): Promise<void> {
    if (current.stall?.before !== before) return
    const { ms } = current.stall
    current = { ...current, stall: null }
    strike('stall', path, syncedBytes)
    await wait(ms)
  }

  function faulty(file: JournalFile, path: string, sizeAtOpen: number): JournalFile {
    let synced = sizeAtOpen
    let written = sizeAtOpen
    /** Writes that are in memory only. */
    let volatile: { readonly bytes: Buffer; readonly position: number }[] = []

    async function flush(): Promise<void> {
      const waiting = volatile
      volatile = []
      for (const { bytes, position } of waiting)
        for (let at = 0; at < bytes.length;)
          at += await file.write([bytes.subarray(at)], position + at)
    }

    return {
      async write(slices, position) {
        if (synced === UNKNOWN) synced = position
        await stall('write', path, synced)
        const all = Buffer.concat(slices)
        const allowed = Math.min(
          all.length,
          current.shortWriteBytes ?? Infinity,
          current.room ?? Infinity,
        )
        if (current.room !== null) current = { ...current, room: current.room - allowed }
        if (allowed === 0) {
          strike('full', path, synced)
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
            code: 'ENOSPC',
          })
        }
        if (allowed < all.length) strike('short', path, synced)
        // A copy: the writer's memory goes on to the reader after the commit.
        const bytes = Buffer.from(all.subarray(0, allowed))
        written = Math.max(written, position + bytes.length)
        if (!current.isVolatile && sabotage === null) return file.write([bytes], position)
        volatile.push({ bytes, position })
        return bytes.length
      },
      async sync() {
        await stall('sync', path, synced)
        if (current.failingSyncs > 0) {
          current = { ...current, failingSyncs: current.failingSyncs - 1 }
          strike('sync', path, synced)
          throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
        }
        if (sabotage === 'early-ack') {
          void wait(LATE_MS).then(flush)
          return
        }
        await flush()
        await file.sync()
        synced = written
      },
      async truncate(length) {
        await flush()
        await file.truncate(length)
        written = Math.min(written, length)
        synced = Math.min(synced, length)
      },
      async close() {
        await flush()
        await file.close()
      },
    }
  }

  return {
    order(next) {
      told = new Set()
      current = { ...current, ...next }
    },
    io: {
      ...nodeIo,
      async open(path, mode) {
        const file = await nodeIo.open(path, mode)
        return faulty(file, path, mode === 'create' ? 0 : UNKNOWN)
      },
      async rename(from, to) {
        if (!current.isVolatile) return nodeIo.rename(from, to)
        renames.push({ from, to })
      },
      async syncDirectory(path) {
        const waiting = renames
        renames = []
        for (const { from, to } of waiting) await nodeIo.rename(from, to)
        await nodeIo.syncDirectory(path)
      },
    },
  }
}

/** A file that was there before: its first write tells where the synced part ends. */
const UNKNOWN = -1
