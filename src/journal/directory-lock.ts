// One process per journal directory: a lock file that names its owner. The lock of a dead process is taken over; as process ids are
// used again, the owner is also known by when it started, and by the machine's boot.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from './journal-io.ts'

export interface DirectoryLock {
  /** Process id of the dead owner whose lock was found, or null. */
  readonly tookOverFrom: number | null
  readonly release: () => void
}

const GONE = 'gone'

interface Owner {
  readonly pid: number
  readonly startedAt: string | null
}

/** Throws when a living process, this one included, holds the directory. */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, 'lock')
  const mine = `${path}.${process.pid}`
  const content = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) })
  // Linking a finished file makes the lock appear whole or not at all.
  writeFileSync(mine, content, { mode: 0o600 })
  try {
    let tookOverFrom: number | null = null
    if (!linked(mine, path)) {
      tookOverFrom = removeStale(path)
      if (!linked(mine, path)) throw heldBy(path, readOwner(path))
    }
    return {
      tookOverFrom,
      release() {
        if (readOwner(path)?.pid === process.pid) rmSync(path, { force: true })
      },
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Takes a dead owner's lock away and returns its process id; throws when the owner lives. */
function removeStale(path: string): number | null {
  const owner = readOwner(path)
  if (owner !== null && isAlive(owner)) throw heldBy(path, owner)
  const aside = `${path}.stale-${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return owner?.pid ?? null
    throw error
  }
  // Another process may have taken over in the meantime: then its fresh lock is what was moved, and it goes back.
  const moved = readOwner(aside)
  const isOther = moved !== null && isAlive(moved)
  if (isOther) linked(aside, path)
  rmSync(aside, { force: true })
  if (isOther) throw heldBy(path, moved)
  return owner?.pid ?? null
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

function readOwner(path: string): Owner | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null || !('pid' in value)) return null
    const startedAt = 'startedAt' in value ? value.startedAt : null
    return typeof value.pid === 'number' && Number.isInteger(value.pid) && value.pid > 0
      ? { pid: value.pid, startedAt: typeof startedAt === 'string' ? startedAt : null }
      : null
  } catch {
    // Absent or not ours: a lock is linked whole, so there is no owner to respect.
    return null
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false
  }
  const startedAt = startOf(owner.pid)
  return startedAt !== GONE && (startedAt === null || (owner.startedAt ?? startedAt) === startedAt)
}

/** Boot and start time of a process, where the system tells (Linux), `GONE` when it has ended unburied; null elsewhere. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses and may hold anything; the state is the 3rd field, the start time the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return GONE
    const ticks = fields[19]
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return ticks === undefined ? null : `${boot}/${ticks}`
  } catch {
    return null
  }
}

function heldBy(path: string, owner: Owner | null): Error {
  const who = owner === null ? 'another process' : `process ${owner.pid}`
  return new Error(
    `Cannot open the journal: expected ${path} to be free, but ${who} holds it; stop that process first`,
  )
}
