// A reader of a store without rollups: everything is worked out from the readings themselves. For tests and small stores.

import type { DeviceType } from '../../core/device-type.ts'
import type { TelemetryReader, TelemetryStore } from '../../ports.ts'
import { createLocalWindows } from './local-windows.ts'
import type { RollupProgress } from './progress.ts'
import { createTelemetryQueries } from './queries.ts'

/** Nothing is rolled up. */
const noProgress: RollupProgress = { through: () => 0, stale: () => [] }

/** Closing it leaves the store open. */
export function createPlainReader(options: {
  readonly store: TelemetryStore
  readonly types: readonly DeviceType[]
  readonly timeZone: string
}): TelemetryReader {
  const { store, types, timeZone } = options
  const queries = createTelemetryQueries({
    store,
    types,
    progress: noProgress,
    windowAt: createLocalWindows(timeZone),
    keptSince: () => 0,
  })
  return {
    ...queries,
    expired: async () => [],
    async close() {},
  }
}
