// Sessions of people's browsers: random references, kept hashed and in memory only, so a restart signs everybody out.

import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../ports.ts'
import type { Role } from './access.ts'

export interface Session {
  readonly owner: { readonly name: string; readonly role: Role }
  /** Still neither ended nor run out; asking does not count as use. */
  isAlive(): boolean
  /** Runs when the session is ended (not when it runs out); the returned function takes it back. */
  onEnd(task: () => void): () => void
}

export interface Sessions {
  readonly cookieName: string
  readonly cookieOptions: {
    readonly path: '/'
    readonly httpOnly: true
    readonly sameSite: 'strict'
    readonly secure: boolean
  }
  /** Returns the reference for the cookie: it is nowhere else in clear. */
  start(owner: Session['owner']): string
  /** The running session of the reference, which counts as used now, or null. */
  find(reference: string | undefined): Session | null
  end(reference: string | undefined): void
  readonly count: number
}

const IDLE_MS = 8 * 3_600_000
const ABSOLUTE_MS = 7 * 24 * 3_600_000
const REFERENCE_PATTERN = /^[A-Za-z0-9_-]{43}$/

interface Entry {
  readonly session: Session
  readonly startedAt: number
  usedAt: number
  readonly endTasks: Set<() => void>
}

export function createSessions(options: {
  readonly clock: Clock
  readonly isHttps: boolean
  /** Beyond it the session that was unused longest ends. */
  readonly sessionsMax?: number
}): Sessions {
  const { clock, sessionsMax = 1000 } = options
  // In order of use, the least recent first.
  const entries = new Map<string, Entry>()

  const runsOutAt = (entry: Entry) =>
    Math.min(entry.startedAt + ABSOLUTE_MS, entry.usedAt + IDLE_MS)

  function drop(key: string): void {
    const entry = entries.get(key)
    entries.delete(key)
    for (const task of entry?.endTasks ?? []) task()
  }

  return {
    cookieName: options.isHttps ? '__Host-hetao' : 'hetao',
    cookieOptions: { path: '/', httpOnly: true, sameSite: 'strict', secure: options.isHttps },
    start(owner) {
      const reference = randomBytes(32).toString('base64url')
      const key = hashed(reference)
      const endTasks = new Set<() => void>()
      const now = clock.now()
      const session: Session = {
        owner,
        isAlive() {
          const entry = entries.get(key)
          return entry !== undefined && clock.now() < runsOutAt(entry)
        },
        onEnd(task) {
          endTasks.add(task)
          return () => endTasks.delete(task)
        },
      }
      entries.set(key, { session, startedAt: now, usedAt: now, endTasks })
      const leastUsed = entries.keys().next()
      if (entries.size > sessionsMax && leastUsed.done !== true) drop(leastUsed.value)
      return reference
    },
    find(reference) {
      if (reference === undefined || !REFERENCE_PATTERN.test(reference)) return null
      const key = hashed(reference)
      const entry = entries.get(key)
      if (entry === undefined) return null
      const now = clock.now()
      if (now >= runsOutAt(entry)) {
        drop(key)
        return null
      }
      entry.usedAt = now
      entries.delete(key)
      entries.set(key, entry)
      return entry.session
    },
    end(reference) {
      if (reference !== undefined) drop(hashed(reference))
    },
    get count() {
      return entries.size
    },
  }
}

function hashed(reference: string): string {
  return createHash('sha256').update(reference).digest('base64')
}
