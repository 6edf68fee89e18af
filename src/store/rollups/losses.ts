// Learns from the store which levels were taken away as a whole, and has them made again: nothing that is gone is told as kept.

import type { Millis } from '../../core/position.ts'
import {
  rollupLevels,
  type RollupLevel,
  type TelemetryLevel,
  type TelemetryStore,
} from '../../ports.ts'
import type { WindowAt } from '../telemetry/local-windows.ts'
import type { Ledger } from './ledger.ts'
import { isShaken, setBack } from './lost-levels.ts'
import type { RollupState, Through } from './rollup-state.ts'

export interface Losses {
  /** There are some that `take` has not heard of. */
  readonly any: boolean
  /** Sets the state and the ledger back, and then lets the store forget. Call it while nothing is being made. */
  take(): Promise<void>
  /** How far the level can be relied on. */
  through(level: RollupLevel): Millis
  /** From when on a lost level has all of the type again; 0: it was never lost. */
  keptSince(level: TelemetryLevel, type: string): Millis
  /** The same, and what retention has taken counts too. */
  wholeSince(level: TelemetryLevel, type: string): Millis
}

export interface LossesOptions {
  readonly store: TelemetryStore
  readonly ledger: Ledger
  readonly state: RollupState
  readonly types: readonly string[]
  readonly windowAt: WindowAt
  /** By retention; absent: all is kept. */
  readonly retained: Readonly<Partial<Record<TelemetryLevel, (type: string) => Millis>>>
  /** Hears of it before it is saved, and gives what of `through` is safe on disk. */
  readonly onSetBack: (levels: readonly TelemetryLevel[], before: Through) => Through
  readonly onProblem: (message: string, detail: string) => void
}

export function createLosses(options: LossesOptions): Losses {
  const { store, ledger, state, types, windowAt, retained, onSetBack, onProblem } = options
  const again = new Map<string, Millis>()
  for (const { level, type, since } of ledger.keptSince()) again.set(`${level} ${type}`, since)
  const lost = (): readonly TelemetryLevel[] => store.lost?.() ?? []
  const keptSince = (level: TelemetryLevel, type: string) => again.get(`${level} ${type}`) ?? 0
  const wholeSince = (level: TelemetryLevel, type: string) =>
    Math.max(keptSince(level, type), retained[level]?.(type) ?? 0)

  function tell(levels: readonly TelemetryLevel[]): void {
    const windows = levels.filter((level) => level !== 'raw')
    if (levels.includes('raw'))
      onProblem(
        'readings lost',
        'The place of the raw readings was taken away: what it held cannot be made again, older charts show the windows that are left',
      )
    if (windows.length > 0)
      onProblem(
        'windows lost',
        `The place of ${windows.join(', ')} was taken away: they are made again as far as what they are made of is kept`,
      )
  }

  return {
    get any() {
      return lost().length > 0
    },
    async take() {
      const levels = lost()
      if (state.hasBegun) {
        const extent = await store.extent()
        const before = { ...state.through }
        const kept = setBack({
          lost: levels,
          state,
          extent,
          types,
          windowAt,
          keptSince: wholeSince,
        })
        for (const { level, type, since } of kept) again.set(`${level} ${type}`, since)
        const through = onSetBack(levels, before)
        if (ledger.state !== null) {
          const openTo = Math.max(ledger.state.openTo, state.coldTo)
          ledger.save({ ...ledger.state, openTo, through }, [], [], kept)
          ledger.sync()
        }
        tell(levels)
      }
      store.settleLost?.(levels)
    },
    through(level) {
      const through = state.through[level]
      const levels = lost()
      if (levels.length === 0 || !isShaken(level, levels)) return through
      return Math.min(state.begun, through)
    },
    keptSince,
    wholeSince,
  }
}

/** The earlier of both, level by level. */
export function earlier(one: Readonly<Through>, other: Readonly<Through>): Through {
  const both = { ...one }
  for (const level of rollupLevels) both[level] = Math.min(one[level], other[level])
  return both
}
