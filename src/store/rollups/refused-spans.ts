// Hours and days whose windows the database refuses. They wait here, known as stale, while everything else goes on, and are tried again
// now and then: somebody may have taken away what stood in their way.

import type { Millis } from '../../core/position.ts'
import { rollupLevels, type RollupLevel } from '../../ports.ts'

export interface RefusedSpan {
  readonly level: RollupLevel
  readonly type: string
  /** Of the local hour for minutes and hours, of the local day for days. */
  readonly start: Millis
}

export interface RefusedSpans {
  add(span: RefusedSpan): void
  /** Windows of the span are not worth a put now. */
  has(level: RollupLevel, type: string, start: Millis): boolean
  /** Quick, and true where `has` can be true. */
  any(level: RollupLevel, type: string): boolean
  starts(level: RollupLevel, type: string): readonly Millis[]
  /** Some of those that are to be tried again now; they wait no more, unless they are added again. */
  release(): readonly RefusedSpan[]
  /** The level is another one now: all of its spans are made again anyway. */
  forget(level: RollupLevel): void
  readonly count: number
  /** What the ledger still has and need not, once what `release` gave is safe there as marks. */
  released(): readonly RefusedSpan[]
}

export interface RefusedSpansOptions {
  /** What the ledger holds. */
  readonly spans: readonly RefusedSpan[]
  /** Time of the feed. */
  readonly now: () => Millis
  /** Since when the store is in its state. */
  readonly stateSince: () => Millis
  /** Keeps it in the ledger before this returns. */
  readonly keep: (span: RefusedSpan) => void
}

interface Group {
  /** Those that were refused last stand last, so all of them have their turn. */
  readonly starts: Set<Millis>
  /** Released and not yet told as such, and those on trial. */
  readonly onTrial: Set<Millis>
  triedAt: Millis
  stateSince: Millis
}

const RETRY_MS = 3_600_000
/** After the store has changed its state. */
const RETRY_CHANGED_MS = 600_000
/** Of a level and type at once; when they are taken, the next ones follow. */
const TRIED_MAX = 8

export function createRefusedSpans(options: RefusedSpansOptions): RefusedSpans {
  const { now, stateSince, keep } = options
  const groups = new Map<string, Group>()
  let released: RefusedSpan[] = []
  let count = 0

  function groupOf(level: RollupLevel, type: string): Group {
    const key = `${level} ${type}`
    let group = groups.get(key)
    if (group === undefined) {
      const tried = { triedAt: Number.NEGATIVE_INFINITY, stateSince: stateSince() }
      group = { starts: new Set(), onTrial: new Set(), ...tried }
      groups.set(key, group)
    }
    return group
  }

  function put(group: Group, start: Millis): void {
    if (!group.starts.has(start)) count++
    group.starts.add(start)
  }

  for (const { level, type, start } of options.spans) put(groupOf(level, type), start)

  function isDue(group: Group): boolean {
    if (group.starts.size === 0) return false
    const waited = now() - group.triedAt
    return waited >= (group.stateSince === stateSince() ? RETRY_MS : RETRY_CHANGED_MS)
  }

  return {
    add(span) {
      const { level, type, start } = span
      const group = groupOf(level, type)
      if (group.starts.has(start)) return
      if (group.starts.size === 0 || group.onTrial.has(start)) {
        group.triedAt = now()
        group.stateSince = stateSince()
      }
      group.onTrial.delete(start)
      released = released.filter(
        (one) => one.level !== level || one.type !== type || one.start !== start,
      )
      put(group, start)
      keep(span)
    },
    has: (level, type, start) => groups.get(`${level} ${type}`)?.starts.has(start) ?? false,
    any: (level, type) => (groups.get(`${level} ${type}`)?.starts.size ?? 0) > 0,
    starts: (level, type) => [...(groups.get(`${level} ${type}`)?.starts ?? [])],
    release() {
      const spans: RefusedSpan[] = []
      for (const [key, group] of groups) {
        if (!isDue(group)) continue
        const [name = '', type = ''] = key.split(' ')
        const level = rollupLevels.find((one) => one === name)
        group.onTrial.clear()
        for (const start of group.starts) {
          if (level === undefined || group.onTrial.size === TRIED_MAX) break
          group.starts.delete(start)
          group.onTrial.add(start)
          count--
          spans.push({ level, type, start })
        }
      }
      released.push(...spans)
      return spans
    },
    forget(level) {
      for (const [key, { starts, onTrial }] of groups) {
        const [name = '', type = ''] = key.split(' ')
        if (name !== level) continue
        for (const start of starts) released.push({ level, type, start })
        count -= starts.size
        starts.clear()
        onTrial.clear()
      }
    },
    get count() {
      return count
    },
    released() {
      const told = released
      released = []
      return told
    },
  }
}
