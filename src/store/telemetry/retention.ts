// Takes away what has been kept long enough, level by level and type by type, and says beforehand what it would take. Nothing goes that
// rollups have yet to work off.

import type { DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import { keptFrom, type RetentionPolicy } from '../../core/telemetry/retention-policy.ts'
import {
  rollupLevels,
  TelemetryUnavailable,
  type Clock,
  type Expired,
  type TelemetryLevel,
  type TelemetryStore,
} from '../../ports.ts'
import type { WindowAt } from './local-windows.ts'
import type { RollupProgress } from './progress.ts'

export interface RetentionOptions {
  readonly store: Pick<TelemetryStore, 'expired' | 'drop'>
  readonly progress: RollupProgress
  readonly policy: RetentionPolicy
  readonly types: readonly DeviceType[]
  readonly windowAt: WindowAt
  readonly clock: Pick<Clock, 'now'>
}

export interface Retention {
  /** What `run` would take now. */
  plan(): Promise<readonly Expired[]>
  /**
   * Takes it, and tells what it was. A run under way is joined. Rejects with TelemetryUnavailable at once; another failure stops nothing but
   * its own type and level, and rejects at the end. The next run goes on.
   */
  run(): Promise<readonly Expired[]>
  /** What is older may be gone; what is not is kept. */
  keptSince(level: TelemetryLevel, type: string): Millis
}

const levels: readonly TelemetryLevel[] = ['raw', ...rollupLevels]

export function createRetention(options: RetentionOptions): Retention {
  const { store, progress, policy, windowAt, clock } = options
  const types = options.types.map((type) => type.id)
  /** The latest moment before which a level of a type was dropped, by both: what is gone does not come back with a late reading. */
  const dropped = new Map<string, Millis>()
  let underWay: Promise<readonly Expired[]> | null = null

  function dueBefore(level: TelemetryLevel, type: string): Millis {
    const kept = keptFrom(policy[level], type, clock.now())
    if (kept === 0) return 0
    // The border lies on a local midnight: it cuts no window, and charts beside it change once a day.
    const before = windowAt('1d', kept).start
    // Days are made of hours, these of minutes, these of readings; of days nothing more is made.
    return level === '1d' ? before : workedOff(type, before)
  }

  /** Up to where, and no further than `before`, windows of days and all below them have been made from the readings there are. */
  function workedOff(type: string, before: Millis): Millis {
    const end = Math.min(before, progress.through('1d'))
    if (end <= 0) return 0
    const stale = rollupLevels.map(
      (level) => progress.stale(level, type, null, 0, end)[0]?.start ?? end,
    )
    return windowAt('1d', Math.min(end, ...stale)).start
  }

  const keyOf = (level: TelemetryLevel, type: string): string => `${level} ${type}`

  async function runAll(): Promise<readonly Expired[]> {
    const gone: Expired[] = []
    const failures: Error[] = []
    for (const type of types)
      for (const level of levels) {
        const before = dueBefore(level, type)
        if (before <= 0) continue
        const key = keyOf(level, type)
        dropped.set(key, Math.max(before, dropped.get(key) ?? 0))
        try {
          gone.push(...(await store.drop(level, type, before)))
        } catch (error) {
          if (error instanceof TelemetryUnavailable) throw error
          failures.push(
            new Error(`Cannot drop ${level} of ${type} before ${iso(before)}: ${String(error)}`, {
              cause: error,
            }),
          )
        }
      }
    const [first] = failures
    if (first !== undefined)
      throw failures.length === 1
        ? first
        : new AggregateError(failures, `${first.message} (and ${failures.length - 1} more)`)
    return gone
  }

  return {
    async plan() {
      const due: Expired[] = []
      for (const type of types)
        for (const level of levels) {
          const before = dueBefore(level, type)
          if (before > 0) due.push(...(await store.expired(level, type, before)))
        }
      return due
    },
    run() {
      underWay ??= runAll().finally(() => {
        underWay = null
      })
      return underWay
    },
    keptSince: (level, type) =>
      Math.max(dueBefore(level, type), dropped.get(keyOf(level, type)) ?? 0),
  }
}

function iso(t: Millis): string {
  return new Date(t).toISOString()
}
