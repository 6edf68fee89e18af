// Takes away what has been kept long enough, level by level and type by type, once that has been wanted for a day, and says beforehand
// what it would take. Nothing goes that rollups have yet to work off.

import type { DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import {
  keptFrom,
  LEAST_KEPT_MS,
  type RetentionPolicy,
} from '../../core/telemetry/retention-policy.ts'
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
import { acted, dueAt, dueBorder, noBorders, noteRun, RUNS_TO_ACT } from './retention-borders.ts'
import { readBorders, writeBorders } from './retention-file.ts'

export interface RetentionOptions {
  readonly store: Pick<TelemetryStore, 'expired' | 'drop' | 'extent'>
  readonly progress: RollupProgress
  readonly policy: RetentionPolicy
  readonly types: readonly DeviceType[]
  readonly windowAt: WindowAt
  readonly clock: Pick<Clock, 'now'>
  /** Where it is kept which borders are wanted and which were acted upon; of this store alone. */
  readonly file: string
  /** So many runs, an hour from one to the next, have to want a border; 1: it is acted upon at once. */
  readonly runsToAct?: number
  readonly onProblem: (message: string, detail: string) => void
}

export interface Retention {
  /** What the policy takes, each piece with when it goes at the earliest. */
  plan(): Promise<readonly Expired[]>
  /**
   * Takes what is due, and tells what it was. A run under way is joined. Rejects with TelemetryUnavailable at once; another failure stops
   * nothing but its own type and level, and rejects at the end. The next run goes on.
   */
  run(): Promise<readonly Expired[]>
  /** What is older may be gone, whatever the policy was then or is now; what is not is kept. */
  keptSince(level: TelemetryLevel, type: string): Millis
}

const levels: readonly TelemetryLevel[] = ['raw', ...rollupLevels]

export function createRetention(options: RetentionOptions): Retention {
  const { store, progress, policy, windowAt, clock, file, runsToAct = RUNS_TO_ACT } = options
  const places = options.types.flatMap(({ id: type }) =>
    levels.map((level) => ({ level, type, key: keyOf(level, type) })),
  )
  const known = readBorders(file, options.onProblem)
  let borders = known ?? noBorders
  let isFirst = known === null
  /** Why the borders are not on the disk. */
  let notSaved: Error | null = null
  let underWay: Promise<readonly Expired[]> | null = null

  /** What the policy wants: a local midnight, so that it cuts no window and charts beside it change once a day. */
  function wantedBefore(level: TelemetryLevel, type: string, now: Millis): Millis {
    const kept = keptFrom(policy[level], type, now)
    return kept === 0 ? 0 : windowAt('1d', kept).start
  }

  /** No further than windows of days and all below them have been made from the readings there are. */
  function workedOff(level: TelemetryLevel, type: string, before: Millis): Millis {
    // Days are made of hours, these of minutes, these of readings; of days nothing more is made.
    if (level === '1d') return before
    const end = Math.min(before, progress.through('1d'))
    if (end <= 0) return 0
    const stale = rollupLevels.map(
      (each) => progress.stale(each, type, null, 0, end)[0]?.start ?? end,
    )
    return windowAt('1d', Math.min(end, ...stale)).start
  }

  /** Where the newest reading lies, at most: what comes later is not gone, however far ahead a wrong clock has put the border. */
  async function newestEnd(): Promise<Millis | null> {
    const extent = await store.extent()
    if (extent !== null) return windowAt('1d', extent.to).end
    const gone = Math.max(0, ...options.types.map(({ id }) => keptSince('raw', id)))
    return gone > 0 ? gone : null
  }

  function keptSince(level: TelemetryLevel, type: string): Millis {
    return borders.levels.get(keyOf(level, type))?.acted ?? 0
  }

  /** Nobody knows what has been taken: what there is nothing of before the policy's border counts as gone. */
  async function adopt(now: Millis, failures: Error[]): Promise<void> {
    const newest = await newestEnd()
    if (newest === null) return
    for (const { level, type, key } of places) {
      const before = wantedBefore(level, type, now)
      if (before <= 0) continue
      const left = await tried(
        () => store.expired(level, type, before),
        `read what is left of ${level} of ${type}`,
        failures,
      )
      if (left === null) continue
      const oldest = left.length > 0 ? left.map(({ from }) => from) : [newest - LEAST_KEPT_MS]
      const gone = Math.max(0, Math.min(before, newest, ...oldest))
      borders = acted(borders, key, { gone, done: 0 })
    }
  }

  /** A full disk is no reason to keep what fills it: what cannot be written now is tried again and told at the end. */
  function save(): void {
    try {
      writeBorders(file, borders)
      notSaved = null
    } catch (error) {
      notSaved = new Error(`Cannot write ${file}: ${String(error)}`, { cause: error })
    }
  }

  async function runAll(): Promise<readonly Expired[]> {
    const now = clock.now()
    const failures: Error[] = []
    if (isFirst) await adopt(now, failures)
    isFirst = false
    const policyBorders = places.map(
      ({ level, type, key }) => [key, wantedBefore(level, type, now)] as const,
    )
    borders = noteRun(borders, now, new Map(policyBorders), runsToAct)
    save()
    const gone: Expired[] = []
    let newest: Millis | null | undefined
    for (const { level, type, key } of places) {
      const due = dueBorder(borders.levels.get(key), now, runsToAct)
      const before = due === null ? 0 : workedOff(level, type, due)
      if (due === null || before <= 0) continue
      await tried(
        async () => {
          const left = await store.expired(level, type, before)
          if (left.length > 0) {
            if (newest === undefined) newest = await newestEnd()
            const reached = Math.max(...left.map(({ to }) => to))
            // Told before it is done: what may be half gone is not there.
            borders = acted(borders, key, { gone: Math.min(reached, newest ?? reached), done: 0 })
            save()
            gone.push(...(await store.drop(level, type, before)))
          }
          // What rollups still hold back stays due.
          if (before === due) borders = acted(borders, key, { gone: 0, done: due })
        },
        `drop ${level} of ${type} before ${iso(before)}`,
        failures,
      )
    }
    save()
    if (notSaved !== null) failures.push(notSaved)
    const [first] = failures
    if (first !== undefined)
      throw failures.length === 1
        ? first
        : new AggregateError(failures, `${first.message} (and ${failures.length - 1} more)`)
    return gone
  }

  return {
    async plan() {
      const now = clock.now()
      const planned: Expired[] = []
      for (const { level, type, key } of places) {
        const before = wantedBefore(level, type, now)
        const end = workedOff(level, type, before)
        if (before <= 0 || end <= 0) continue
        for (const piece of await store.expired(level, type, end)) {
          const question = { to: piece.to, before, now, runsToAct }
          planned.push({ ...piece, dueAt: dueAt(borders, key, question) })
        }
      }
      return planned
    },
    run() {
      underWay ??= runAll().finally(() => {
        underWay = null
      })
      return underWay
    },
    keptSince,
  }
}

/** Null: it failed, which is told at the end. That the store is away is thrown at once. */
async function tried<Value>(
  act: () => Promise<Value>,
  what: string,
  failures: Error[],
): Promise<Value | null> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof TelemetryUnavailable) throw error
    failures.push(new Error(`Cannot ${what}: ${String(error)}`, { cause: error }))
    return null
  }
}

const keyOf = (level: TelemetryLevel, type: string): string => `${level} ${type}`

function iso(t: Millis): string {
  return new Date(t).toISOString()
}
