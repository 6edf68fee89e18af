// In which hours and days windows of the level below have been put: the others need not be looked at.

import type { Millis } from '../../core/position.ts'
import type { RollupLevel } from '../../ports.ts'
import type { WindowAt } from '../telemetry/local-windows.ts'

export interface FilledSpans {
  /** A window of the level was put. */
  put(level: RollupLevel, type: string, start: Millis): void
  /** Whether the hour or day may have windows of the level below. */
  has(level: '1h' | '1d', type: string, start: Millis): boolean
  /** The hour or day is closed, and nothing about it or earlier ones is wanted any more. */
  forget(level: '1h' | '1d', start: Millis): void
  /** Hours and days are closed once more, and of those before `since` nothing is known. */
  restart(since: Readonly<Record<'1h' | '1d', Millis>>): void
}

/** Of hours and days that began before `since` nothing is known: a former process may have filled them. */
export function createFilledSpans(
  windowAt: WindowAt,
  sinceAtFirst: Readonly<Record<'1h' | '1d', Millis>>,
): FilledSpans {
  let since = sinceAtFirst
  const types = { '1h': new Map<Millis, Set<string>>(), '1d': new Map<Millis, Set<string>>() }
  // Windows are put in runs of the same start.
  const closed = { '1h': Number.NEGATIVE_INFINITY, '1d': Number.NEGATIVE_INFINITY }
  let last = { level: '', type: '', start: Number.NaN }

  return {
    put(level, type, start) {
      if (level === '1d') return
      if (last.start === start && last.type === type && last.level === level) return
      last = { level, type, start }
      const above = level === '1m' ? '1h' : '1d'
      const span = windowAt(above, start).start
      if (span <= closed[above]) return
      const filled = types[above].get(span)
      if (filled === undefined) types[above].set(span, new Set([type]))
      else filled.add(type)
    },
    has: (level, type, start) =>
      start < since[level] || (types[level].get(start)?.has(type) ?? false),
    forget(level, start) {
      types[level].delete(start)
      closed[level] = start
      last = { level: '', type: '', start: Number.NaN }
    },
    restart(next) {
      since = next
      for (const level of ['1h', '1d'] as const) {
        closed[level] = Number.NEGATIVE_INFINITY
        types[level].clear()
      }
      last = { level: '', type: '', start: Number.NaN }
    },
  }
}
