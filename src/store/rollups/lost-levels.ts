// What becomes of rollups when a level is gone as a whole, and empty: how far back its windows can be made again, and from when on it
// has what it should have.

import type { Millis } from '../../core/position.ts'
import { rollupLevels, type RollupLevel, type TelemetryLevel } from '../../ports.ts'
import type { WindowAt } from '../telemetry/local-windows.ts'
import type { Extent, RollupState } from './rollup-state.ts'

/** From when on the level has all of the type; where it was never lost it says nothing. */
export interface KeptSince {
  readonly level: TelemetryLevel
  readonly type: string
  readonly since: Millis
}

export interface LostOptions {
  readonly lost: readonly TelemetryLevel[]
  readonly state: RollupState
  /** Of the raw readings that are left. */
  readonly extent: Extent | null
  readonly types: readonly string[]
  readonly windowAt: WindowAt
  /** As things stood before. */
  readonly keptSince: (level: TelemetryLevel, type: string) => Millis
}

const belowOf: Readonly<Record<RollupLevel, TelemetryLevel>> = {
  '1m': 'raw',
  '1h': '1m',
  '1d': '1h',
}

/** Whether windows of the level cannot be relied on: it is lost, or what it is made again from is. */
export function isShaken(level: RollupLevel, lost: readonly TelemetryLevel[]): boolean {
  return rollupLevels.slice(0, rollupLevels.indexOf(level) + 1).some((one) => lost.includes(one))
}

/** Sets the state back to where windows have to be made again, and tells since when each lost level is whole then. */
export function setBack(options: LostOptions): readonly KeptSince[] {
  const { lost, state, extent, types, windowAt } = options
  const { through } = state
  const before = through['1m']
  const kept = new Map<string, KeptSince>()
  const put = (level: TelemetryLevel, type: string, since: Millis) =>
    kept.set(`${level} ${type}`, { level, type, since })
  const sinceOf = (level: TelemetryLevel, type: string) =>
    kept.get(`${level} ${type}`)?.since ?? options.keptSince(level, type)

  if (lost.includes('raw')) {
    const newest = Math.max(through['1m'], Math.min(state.newestTo, state.at))
    for (const type of types) put('raw', type, newest)
  }
  for (const level of rollupLevels) {
    if (!lost.includes(level)) continue
    const below = belowOf[level]
    const rawFrom = extent === null ? before : windowAt('1d', extent.from).start
    const beginning = below === 'raw' ? rawFrom : Math.min(state.begun, rawFrom)
    let from = before
    for (const type of types) {
      const since = sinceOf(below, type)
      put(level, type, since)
      from = Math.min(from, Math.max(beginning, since))
    }
    for (const above of rollupLevels.slice(rollupLevels.indexOf(level))) {
      const { start } = windowAt(above === '1d' ? '1d' : '1h', from)
      through[above] = Math.min(through[above], start)
    }
  }
  // What was closed before is found in the raw readings.
  if (through['1m'] < before) state.coldTo = Math.max(state.coldTo, before)
  return [...kept.values()]
}
