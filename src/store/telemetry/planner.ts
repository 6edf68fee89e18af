// Cuts a span into pieces and says which level answers each: as coarse as the windows allow, as fine as truth demands. Pure.
//
//      from                                                      through('1h')          to
//       |  raw  |   1m   |      1h      | stale: 1m |      1h      |     1m     |  raw  |
//          edge: readings and minutes up to the first whole hour          tail: not rolled up yet

import type { Millis } from '../../core/position.ts'
import type { RollupLevel, TelemetryLevel, TelemetryWindow } from '../../ports.ts'
import { windowStartFrom, type Span, type WindowAt } from './local-windows.ts'

export interface Piece {
  readonly level: TelemetryLevel
  /** Of whole windows of the level, when it is not `raw`. */
  readonly from: Millis
  readonly to: Millis
}

export interface PlanOptions {
  readonly window: TelemetryWindow
  readonly from: Millis
  readonly to: Millis
  readonly windowAt: WindowAt
  /** As in `RollupProgress`, for the devices in question. */
  readonly through: (level: RollupLevel) => Millis
  readonly stale: (level: RollupLevel, from: Millis, to: Millis) => readonly Span[]
  /** What is older may be gone. */
  readonly keptSince: (level: TelemetryLevel) => Millis
}

/** From fine to coarse. */
const levels: readonly TelemetryLevel[] = ['raw', '1m', '1h', '1d']

/** The coarsest level that a chart's windows are made of. */
const levelOf: Readonly<Record<TelemetryWindow, TelemetryLevel>> = {
  raw: 'raw',
  '1m': '1m',
  '5m': '1m',
  '15m': '1m',
  '1h': '1h',
  '6h': '1h',
  '1d': '1d',
}

/** The levels whose progress decides how a window's chart is cut. */
export function levelsOf(window: TelemetryWindow): readonly RollupLevel[] {
  return levels
    .slice(0, levels.indexOf(levelOf[window]) + 1)
    .filter((level): level is RollupLevel => level !== 'raw')
}

/**
 * The pieces in order of time, apart from each other. As long as readings are kept they cover [from, to) exactly. Where they are gone,
 * windows are taken whole from the finest level that still has them, the coarser ones than the chart's too; so the first and the last piece
 * may reach beyond the span, and where no level has anything there is no piece.
 */
export function planPieces(options: PlanOptions): readonly Piece[] {
  const { from, to, windowAt } = options
  if (from >= to) return []
  // Readings that are still there are always right, and no window can stand for them.
  if (options.window === 'raw') return [{ level: 'raw', from, to }]
  const pieces: Piece[] = []
  const top = levels.indexOf(levelOf[options.window])
  /** From when on each level has what it should have, in whole windows of it. */
  const kept = levels.map((level) => alignUp(level, options.keptSince(level)))

  function alignUp(level: TelemetryLevel, t: Millis): Millis {
    return level === 'raw' ? t : windowStartFrom(windowAt, level, t)
  }

  function alignDown(level: TelemetryLevel, t: Millis): Millis {
    return level === 'raw' ? t : windowAt(level, t).start
  }

  function levelAt(index: number): TelemetryLevel {
    return levels[index] ?? 'raw'
  }

  function keptFrom(index: number): Millis {
    return kept[index] ?? Number.POSITIVE_INFINITY
  }

  /** From when on this level or a finer one is kept. */
  function keptAtOrBelow(index: number): Millis {
    return Math.min(...kept.slice(0, index + 1))
  }

  function add(level: TelemetryLevel, start: Millis, end: Millis): void {
    const last = pieces.at(-1)
    if (last?.level === level && last.to === start)
      pieces[pieces.length - 1] = { level, from: last.from, to: end }
    else pieces.push({ level, from: start, to: end })
  }

  /** What of [start, end) no level up to the chart's has: whole windows of coarser ones. Tells how far they reach. */
  function addCoarser(index: number, start: Millis, end: Millis): Millis {
    if (start >= end || index === levels.length) return start
    const level = levelAt(index)
    const begin = Math.max(start, keptFrom(index))
    if (begin >= end) return addCoarser(index + 1, start, end)
    const first = alignDown(level, begin)
    const reached = first > start ? addCoarser(index + 1, start, first) : start
    // A coarser window that holds the border has what lies behind it as well.
    const next = first > start ? Math.max(first, reached) : first
    if (next >= end) return next
    add(level, next, alignUp(level, end))
    return alignUp(level, end)
  }

  /** Windows of the level for all of [start, end) that it can answer truly; the rest from below. Something up to it is kept at `start`. */
  function addFrom(index: number, start: Millis, end: Millis): void {
    if (start >= end) return
    const level = levelAt(index)
    if (level === 'raw') {
      add(level, start, end)
      return
    }
    let next = start
    for (const whole of wholeSpans(level, index, start, end)) {
      addBelow(index, next, whole.start)
      add(level, whole.start, whole.end)
      next = whole.end
    }
    addBelow(index, next, end)
  }

  function wholeSpans(level: RollupLevel, index: number, start: Millis, end: Millis): Span[] {
    const last = Math.min(end, options.through(level))
    const first = Math.max(start, keptFrom(index))
    if (first >= last) return []
    const span = { start: alignUp(level, first), end: alignDown(level, last) }
    if (span.start >= span.end) return []
    const spans: Span[] = []
    let next = span.start
    for (const stale of options.stale(level, span.start, span.end)) {
      const until = Math.min(alignDown(level, stale.start), span.end)
      if (until > next) spans.push({ start: next, end: until })
      next = Math.max(next, alignUp(level, stale.end))
    }
    if (next < span.end) spans.push({ start: next, end: span.end })
    return spans
  }

  /** A part that the level cannot answer truly, as its windows are cut, late or stale. Where nothing finer is kept they must do. */
  function addBelow(index: number, start: Millis, end: Millis): void {
    if (start >= end) return
    const level = levelAt(index)
    const finerFrom = keptAtOrBelow(index - 1)
    if (start >= finerFrom) {
      addFrom(index - 1, start, end)
      return
    }
    const until = alignUp(level, Math.min(finerFrom, end))
    add(level, alignDown(level, start), until)
    addBelow(index, until, end)
  }

  const begin = keptAtOrBelow(top)
  const reached = begin > from ? addCoarser(top + 1, from, Math.min(begin, to)) : from
  addFrom(top, Math.max(from, reached, begin), to)
  return pieces
}
