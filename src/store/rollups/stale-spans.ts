// Which stretches of a level's kept windows lack readings that came late, or are not kept as the store refuses them.

import type { Millis } from '../../core/position.ts'
import type { RollupLevel } from '../../ports.ts'
import type { Span, WindowAt } from '../telemetry/local-windows.ts'
import type { DirtyMarks } from './dirty-marks.ts'
import type { RefusedSpans } from './refused-spans.ts'

export function staleSpans(options: {
  readonly marks: DirtyMarks
  readonly refused: RefusedSpans
  readonly windowAt: WindowAt
  readonly level: RollupLevel
  readonly type: string
  readonly devices: readonly string[] | null
  readonly from: Millis
  /** The level's progress and the caller's span, whichever ends first. */
  readonly to: Millis
}): Span[] {
  const { marks, refused, windowAt, level, type, devices, from, to } = options
  // A minute is stale with its hour, a day with each of its hours.
  const spans = marks
    .starts('1h', type, devices)
    .map((start) => windowAt(level === '1d' ? '1d' : '1h', start))
  const own = level === '1d' ? '1d' : '1h'
  for (const start of refused.starts(level, type)) spans.push(windowAt(own, start))
  if (level === '1d') {
    for (const start of marks.starts('1d', type, devices)) spans.push(windowAt('1d', start))
    // Not made yet, or made without them.
    for (const start of refused.starts('1h', type)) spans.push(windowAt('1d', start))
  }
  return apart(spans, from, to)
}

/** Cut to [from, to), in order, and none touching another. */
function apart(spans: readonly Span[], from: Millis, to: Millis): Span[] {
  const merged: Span[] = []
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const start = Math.max(span.start, from)
    const end = Math.min(span.end, to)
    if (start >= end) continue
    const last = merged.at(-1)
    if (last !== undefined && start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) }
    else merged.push({ start, end })
  }
  return merged
}
