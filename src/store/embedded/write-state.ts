// Whether writes succeed, file by file: what failed last, since when, and in the words of the system.

import { messageOf } from '../telemetry/error-message.ts'
import type { Clock, StoreState } from '../../ports.ts'
import { TelemetryUnavailable } from '../../ports.ts'

export interface WriteState {
  /** Runs a write. Whatever makes it fail becomes a TelemetryUnavailable that names the file, and the state until it succeeds. */
  attempt(what: string, path: string, write: () => void): void
  /** The same for bringing to disk what was written, which says nothing about whether the next write will succeed. */
  attemptSync(path: string, sync: () => void): void
  /** Something happened that hinders no write, and that people should know. */
  remark(text: string): void
  /** The file is gone, and its failure with it. */
  forget(path: string): void
  state(): StoreState
}

interface Failure {
  readonly state: 'full' | 'failing'
  readonly detail: string
}

/** SQLite's code for a full disk. */
const SQLITE_FULL = 13

/** Beyond, the oldest failure is forgotten: one is enough to say how the store stands. */
const FAILURES_MAX = 100

/** `remark`: what was found at opening and hinders no write, or null. */
export function createWriteState(clock: Clock, remark: string | null): WriteState {
  /** By file and kind of work, of what has not succeeded since. */
  const failures = new Map<string, Failure>()
  let state: 'ready' | Failure['state'] = 'ready'
  let since = clock.now()
  let remarked = remark

  function update(): void {
    const next = [...failures.values()].at(-1)?.state ?? 'ready'
    if (next !== state) since = clock.now()
    state = next
  }

  function run(what: string, key: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      const detail = `${what}: ${messageOf(error)}`
      failures.delete(key)
      failures.set(key, { state: isFull(error) ? 'full' : 'failing', detail })
      for (const [oldest] of failures) {
        if (failures.size <= FAILURES_MAX) break
        failures.delete(oldest)
      }
      update()
      throw new TelemetryUnavailable(detail)
    }
    if (failures.delete(key)) update()
  }

  return {
    attempt(what, path, write) {
      run(`Cannot write ${what} to ${path}`, path, write)
      if (failures.size === 0) return
      // A write has found room.
      for (const [other, failure] of failures) if (failure.state === 'full') failures.delete(other)
      update()
    },
    attemptSync(path, sync) {
      run(`Cannot sync ${path}`, syncKey(path), sync)
    },
    remark(text) {
      remarked = text
    },
    forget(path) {
      failures.delete(path)
      failures.delete(syncKey(path))
      update()
    },
    state: () => ({
      kind: 'embedded',
      state,
      since,
      detail: [...failures.values()].at(-1)?.detail ?? remarked,
      server: `SQLite ${process.versions['sqlite'] ?? 'of unknown version'}`,
    }),
  }
}

const syncKey = (path: string): string => `sync ${path}`

function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error && error.errcode === SQLITE_FULL) return true
  if ('code' in error && error.code === 'ENOSPC') return true
  return /disk is full|no space left/i.test(error.message) || isFull(error.cause)
}
