// The telemetry side of the simulated year as the product builds it: embedded store, rollups, retention and queries in one directory.

import { join } from 'node:path'
import { createManualClock, type ManualClock } from '../../src/clock.ts'
import type { RetentionPolicy } from '../../src/core/telemetry/retention-policy.ts'
import type { TelemetryStore } from '../../src/ports.ts'
import { openEmbeddedTelemetry } from '../../src/store/embedded/embedded.ts'
import { openRollups, type Rollups } from '../../src/store/rollups/rollups.ts'
import { createLocalWindows } from '../../src/store/telemetry/local-windows.ts'
import { createTelemetryQueries, type TelemetryQueries } from '../../src/store/telemetry/queries.ts'
import { createRetention, type Retention } from '../../src/store/telemetry/retention.ts'
import { DAY, meter, type Year } from './year-plan.ts'

export const KEPT_DAYS = { raw: 45, '1m': 60, '1h': 200 } as const

const forDays = (days: number | null) => ({
  keepMs: days === null ? null : days * DAY,
  exceptions: {},
})

const policy: RetentionPolicy = {
  raw: forDays(KEPT_DAYS.raw),
  '1m': forDays(KEPT_DAYS['1m']),
  '1h': forDays(KEPT_DAYS['1h']),
  '1d': forDays(null),
}

export interface YearSide {
  readonly clock: ManualClock
  readonly store: TelemetryStore
  readonly rollups: Rollups
  readonly retention: Retention
  readonly queries: TelemetryQueries
  /** What rollups had to tell. */
  readonly problems: readonly string[]
  close(): Promise<void>
}

export async function openYearSide(directory: string, year: Year, at: number): Promise<YearSide> {
  const types = [meter]
  const windowAt = createLocalWindows(year.timeZone)
  const clock = createManualClock(at)
  const problems: string[] = []
  const store = openEmbeddedTelemetry({ directory: join(directory, 'telemetry'), types, clock })
  const keptSince = (level: 'raw' | '1m' | '1h' | '1d', type: string) =>
    retention.keptSince(level, type)
  const rollups = await openRollups({
    store,
    file: join(directory, 'telemetry', 'rollups.db'),
    types,
    windowAt,
    rawKeptSince: (type) => keptSince('raw', type),
    hoursKeptSince: (type) => keptSince('1h', type),
    onProblem: (message, detail) => problems.push(`${message}: ${detail}`),
  })
  const retention = createRetention({
    store,
    progress: rollups,
    policy,
    types,
    windowAt,
    clock,
    file: join(directory, 'telemetry', 'retention.json'),
    // It runs once a month here.
    runsToAct: 1,
    onProblem: (message, detail) => problems.push(`${message}: ${detail}`),
  })
  const queries = createTelemetryQueries({ store, progress: rollups, types, windowAt, keptSince })
  return {
    clock,
    store,
    rollups,
    retention,
    queries,
    problems,
    async close() {
      rollups.close()
      await store.close()
    },
  }
}
