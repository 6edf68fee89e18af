// A window that moves over a file in big reads. Each move takes fresh memory, so what was read before stays valid for whoever
// holds it; memory in use is one window unless someone keeps more.

import { fstatSync, readSync } from 'node:fs'

const WINDOW_BYTES = 2 ** 20

export interface FileWindow {
  /** Length of the file when the window was made; bytes added later are not looked at. */
  readonly size: number
  /** The bytes in view. */
  bytes(): Buffer
  /** Brings `length` bytes from `offset` of the file into view and returns where in `bytes()` they start; -1 beyond the end. */
  seek(offset: number, length: number): number
}

export function createFileWindow(file: number): FileWindow {
  const size = fstatSync(file).size
  let view = Buffer.alloc(0)
  let base = 0

  function load(offset: number, length: number): boolean {
    const wanted = Math.min(size - offset, Math.max(length, WINDOW_BYTES))
    const target = Buffer.allocUnsafeSlow(wanted)
    let filled = 0
    while (filled < wanted) {
      const read = readSync(file, target, filled, wanted - filled, offset + filled)
      // The file has become shorter: the writer has cut off a failed write.
      if (read === 0) break
      filled += read
    }
    view = target.subarray(0, filled)
    base = offset
    return filled >= length
  }

  return {
    size,
    bytes: () => view,
    seek(offset, length) {
      if (offset + length > size) return -1
      if (offset < base || offset + length > base + view.length)
        if (!load(offset, length)) return -1
      return offset - base
    },
  }
}
