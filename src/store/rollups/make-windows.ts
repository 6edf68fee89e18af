// Makes windows from what the store keeps: minutes, and the hour they make, from raw readings; hours from minutes, days from hours.
// Everything is put in slices, and others run between two of them.

import { setImmediate as letOthersRun } from 'node:timers/promises'
import type { Millis } from '../../core/position.ts'
import {
  WindowsRefused,
  type RollupLevel,
  type TelemetryStore,
  type WindowRow,
} from '../../ports.ts'
import type { Span } from '../telemetry/local-windows.ts'
import { createDeviceFolds } from './device-folds.ts'
import type { MarkedDevices } from './dirty-marks.ts'
import type { MetricKinds } from './summary-columns.ts'

/** A put of so many windows takes a few milliseconds. */
export const SLICE_MAX = 1_000

const MINUTE_MS = 60_000

export interface MakeWindows {
  /** What the store refuses is noted, and no failure. */
  put(level: RollupLevel, type: string, slices: Iterable<WindowRow[]>): Promise<void>
  /**
   * Whole minutes of [from, to) from the raw readings; also the window of `hour`, when given: its span is then [from, to). Windows
   * without a reading are left as they are, as readings never go but by retention.
   */
  fromRaw(options: {
    readonly type: string
    readonly devices: MarkedDevices
    readonly from: Millis
    readonly to: Millis
    readonly isHour: boolean
  }): Promise<void>
  /** The window of the span from the windows of the level below. */
  fromBelow(level: '1h' | '1d', type: string, devices: MarkedDevices, span: Span): Promise<void>
}

export interface MakeWindowsOptions {
  readonly store: TelemetryStore
  readonly kindsOf: ReadonlyMap<string, MetricKinds>
  /** Hears of every window before it is put. */
  readonly onPut: (level: RollupLevel, type: string, start: Millis) => void
  /** The window is among those that the store refuses: it is left out, as it will be made again. */
  readonly isRefused: (level: RollupLevel, type: string, start: Millis) => boolean
  readonly onRefused: (level: RollupLevel, type: string, start: Millis) => void
}

export function createMakeWindows(options: MakeWindowsOptions): MakeWindows {
  const { store, kindsOf, onPut, isRefused, onRefused } = options

  async function put(
    level: RollupLevel,
    type: string,
    slices: Iterable<readonly WindowRow[]>,
  ): Promise<void> {
    for (const slice of slices) {
      if (slice.length === 0) continue
      for (const { start } of slice) onPut(level, type, start)
      const wanted = slice.filter(({ start }) => !isRefused(level, type, start))
      if (wanted.length === 0) continue
      try {
        await store.putWindows(level, type, wanted)
      } catch (error) {
        if (!(error instanceof WindowsRefused)) throw error
        for (const { start } of error.windows) onRefused(level, type, start)
      }
      await letOthersRun()
    }
  }

  return {
    put,
    async fromRaw({ type, devices, from, to, isHour }) {
      const kinds = kindsOf.get(type)
      if (kinds === undefined || devices?.length === 0 || !(from < to)) return
      const minutes = createDeviceFolds(kinds)
      const hours = createDeviceFolds(kinds)
      let whole: WindowRow[] = []

      function take(row: WindowRow): void {
        whole.push(row)
        if (isHour) hours.join(from, row)
      }

      for await (const rows of store.readings({ type, metrics: null, devices, from, to })) {
        for (const { device, ts, values, simulated } of rows) {
          const minute = Math.floor(ts / MINUTE_MS) * MINUTE_MS
          const before = minutes.add(device, minute, values, simulated)
          if (before !== null) take(before)
        }
        if (whole.length < SLICE_MAX) continue
        await put('1m', type, slicesOf(whole))
        whole = []
      }
      await put('1m', type, slicesOf(whole))
      for (const slice of minutes.rest(SLICE_MAX)) {
        if (isHour) for (const row of slice) hours.join(from, row)
        await put('1m', type, [slice])
      }
      if (isHour) await put('1h', type, hours.rest(SLICE_MAX))
    },
    async fromBelow(level, type, devices, span) {
      const kinds = kindsOf.get(type)
      if (kinds === undefined || devices?.length === 0) return
      const folds = createDeviceFolds(kinds)
      const below = level === '1h' ? '1m' : '1h'
      const query = { type, metrics: null, devices, from: span.start, to: span.end }
      for await (const rows of store.windows(below, query))
        for (const row of rows) folds.join(span.start, row)
      await put(level, type, folds.rest(SLICE_MAX))
    },
  }
}

function* slicesOf(rows: readonly WindowRow[]): Iterable<WindowRow[]> {
  for (let at = 0; at < rows.length; at += SLICE_MAX) yield rows.slice(at, at + SLICE_MAX)
}
