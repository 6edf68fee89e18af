// Reads a span of many devices over the levels: plans its pieces, keeps devices with stale windows apart from the many without, and
// hands the rows of each piece to whoever folds them.

import type { Millis } from '../../core/position.ts'
import type {
  ReadingRow,
  RollupLevel,
  TelemetryLevel,
  TelemetryStore,
  TelemetryWindow,
  WindowRow,
} from '../../ports.ts'
import type { WindowAt } from './local-windows.ts'
import { levelsOf, planPieces, type Piece } from './planner.ts'
import type { RollupProgress } from './progress.ts'

export interface LevelReadsOptions {
  readonly store: Pick<TelemetryStore, 'readings' | 'windows'>
  readonly progress: RollupProgress
  readonly windowAt: WindowAt
  readonly keptSince: (level: TelemetryLevel, type: string) => Millis
}

export interface SpanOfDevices {
  readonly type: string
  readonly devices: readonly string[]
  readonly window: TelemetryWindow
  readonly from: Millis
  readonly to: Millis
}

/** Devices whose span is cut into the same pieces. */
export interface Pass {
  readonly type: string
  readonly devices: readonly string[]
  readonly pieces: readonly Piece[]
}

/** A few thousand rows of one level at most. */
export type RowBatch =
  | { readonly level: 'raw'; readonly rows: readonly ReadingRow[] }
  | { readonly level: RollupLevel; readonly rows: readonly WindowRow[] }

/** What becomes of the rows, those of each device in order of time. */
export interface RowTaker {
  readonly reading: (row: ReadingRow) => void
  readonly window: (row: WindowRow, level: RollupLevel) => void
  /** Called before a piece: devices that are read no more. Absent: all are wanted. */
  readonly isDone?: (device: string) => boolean
  /** Called after each batch. Absent: never. */
  readonly isEnough?: () => boolean
  /** Called after a piece: all rows before `to` have been handed over. True: nothing later is wanted. */
  readonly pieceEnds?: (to: Millis) => boolean
}

export interface LevelReads {
  readonly windowAt: WindowAt
  /** How the span is read, as things stand now. */
  passes(span: SpanOfDevices): readonly Pass[]
  /** Hands over the rows of all pieces. */
  read(pass: Pass, metrics: readonly string[], taker: RowTaker): Promise<void>
  /** The same for whoever takes them at his own pace. */
  batches(pass: Pass, metrics: readonly string[]): AsyncGenerator<RowBatch>
}

/** Questions to the rollups that are worth asking for keeping one stale device from sending ten thousand to their raw readings. */
const QUESTIONS_MAX = 256

export function createLevelReads(options: LevelReadsOptions): LevelReads {
  const { store, progress, windowAt, keptSince } = options

  function planned(span: SpanOfDevices, devices: readonly string[]): Pass {
    const { type, window, from, to } = span
    const pieces = planPieces({
      window,
      from,
      to,
      windowAt,
      through: (level) => progress.through(level),
      stale: (level, start, end) => progress.stale(level, type, devices, start, end),
      keptSince: (level) => keptSince(level, type),
    })
    return { type, devices, pieces }
  }

  function isStale(span: SpanOfDevices, devices: readonly string[]): boolean {
    return levelsOf(span.window).some(
      (level) => progress.stale(level, span.type, devices, span.from, span.to).length > 0,
    )
  }

  /** Finds the stale ones by halves; when that takes too many questions, what is left counts as stale. */
  function staleOf(span: SpanOfDevices): ReadonlySet<string> {
    const stale = new Set<string>()
    let left: (readonly string[])[] = [span.devices]
    let questions = 0
    while (left.length > 0) {
      const halves: (readonly string[])[] = []
      for (const devices of left) {
        const isAsked = questions < QUESTIONS_MAX
        if (isAsked) questions++
        if (isAsked && !isStale(span, devices)) continue
        const middle = devices.length >> 1
        if (isAsked && middle > 0) halves.push(devices.slice(0, middle), devices.slice(middle))
        else for (const device of devices) stale.add(device)
      }
      left = halves
    }
    return stale
  }

  return {
    windowAt,
    passes(span) {
      if (span.devices.length === 0) return []
      if (span.devices.length === 1) return [planned(span, span.devices)]
      const stale = staleOf(span)
      if (stale.size === 0) return [planned(span, span.devices)]
      return [
        span.devices.filter((device) => !stale.has(device)),
        span.devices.filter((device) => stale.has(device)),
      ]
        .filter((devices) => devices.length > 0)
        .map((devices) => planned(span, devices))
    },
    async read(pass, metrics, taker) {
      const { isDone, isEnough, pieceEnds } = taker
      const { devices } = pass
      for (const piece of pass.pieces) {
        const wanted = isDone === undefined ? devices : devices.filter((device) => !isDone(device))
        if (wanted.length === 0) return
        for await (const batch of pieceRows(piece, { ...pass, devices: wanted }, metrics)) {
          if (batch.level === 'raw') for (const row of batch.rows) taker.reading(row)
          else for (const row of batch.rows) taker.window(row, batch.level)
          if (isEnough?.() === true) return
        }
        if (pieceEnds?.(piece.to) === true) return
      }
    },
    async *batches(pass, metrics) {
      for (const piece of pass.pieces) yield* pieceRows(piece, pass, metrics)
    },
  }

  async function* pieceRows(
    { level, from, to }: Piece,
    { type, devices }: Pass,
    metrics: readonly string[],
  ): AsyncGenerator<RowBatch> {
    const query = { type, metrics, devices, from, to }
    if (level === 'raw') for await (const rows of store.readings(query)) yield { level, rows }
    else for await (const rows of store.windows(level, query)) yield { level, rows }
  }
}
