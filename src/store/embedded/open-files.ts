// Keeps the files in use open, up to a bound; the one not used for longest is closed first.

export interface OpenFiles<T> {
  /** The file under this key if it is open; it counts as used. */
  get(key: string): T | undefined
  /** Adds an opened file, closing the one not used for longest when there are too many. */
  add(key: string, file: T): void
  /** Takes a file out without closing it. */
  remove(key: string): void
  readonly all: Iterable<[string, T]>
  readonly size: number
}

export function createOpenFiles<T>(options: {
  readonly max: number
  /** Called for a file that has to make room. When it throws, the file stays. */
  readonly close: (key: string, file: T) => void
}): OpenFiles<T> {
  const files = new Map<string, T>()
  return {
    get(key) {
      const file = files.get(key)
      if (file !== undefined) {
        files.delete(key)
        files.set(key, file)
      }
      return file
    },
    add(key, file) {
      files.set(key, file)
      for (const [oldestKey, oldest] of files) {
        if (files.size <= options.max) break
        options.close(oldestKey, oldest)
        files.delete(oldestKey)
      }
    },
    remove: (key) => void files.delete(key),
    get all() {
      return files
    },
    get size() {
      return files.size
    },
  }
}
