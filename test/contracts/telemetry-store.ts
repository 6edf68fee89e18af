// What every telemetry store must do, on disk, in memory or in a database. `open` gives an empty store; `reopen`, where the store
// keeps its data, closes it and opens it again. Readings say something: one without any value is refused before it comes here.

import { afterEach, beforeEach, describe } from 'vitest'
import type { TelemetryStore } from '../../src/ports.ts'
import { telemetryReadingCases } from './telemetry-store-readings.ts'
import { telemetryRetentionCases } from './telemetry-store-retention.ts'
import { telemetryWindowCases } from './telemetry-store-windows.ts'
import { telemetryWriteCases } from './telemetry-store-writes.ts'

export {
  contractTypes,
  cover,
  lamp,
  meter,
  NOON,
  powerQuery,
  reading,
  rowQuery,
  typeWith,
} from './telemetry-readings.ts'

export interface TelemetrySubject {
  /** Of `contractTypes`. */
  readonly store: TelemetryStore
  /** Closes the store and opens it again; the subject it was called on is not used any more but for `dispose`. */
  readonly reopen: () => Promise<TelemetrySubject>
  /** Closes the store and takes away what it has kept; after a `reopen`, and twice, it does no harm. */
  readonly dispose: () => Promise<void>
}

export interface TelemetryContractOptions {
  readonly name: string
  /** An empty store of `contractTypes`; its days, where it needs to know them, are those of the zone (Asia/Shanghai). */
  readonly open: (timeZone?: string) => Promise<TelemetrySubject>
  /** Whether the store outlives its process. */
  readonly keeps: boolean
  /** How often properties run (25); a store behind a network takes fewer. */
  readonly runs?: number
}

/** What the cases of the suite need. */
export interface TelemetryCases {
  readonly options: TelemetryContractOptions
  /** A fresh subject, disposed of after the case. */
  readonly subject: () => Promise<TelemetrySubject>
  /** Opened again, and disposed of after the case. */
  readonly reopened: (subject: TelemetrySubject) => Promise<TelemetrySubject>
}

export function telemetryStoreContract(options: TelemetryContractOptions): void {
  describe(`${options.name}: telemetry store`, () => {
    const opened: TelemetrySubject[] = []
    beforeEach(() => {
      opened.length = 0
    })
    afterEach(async () => {
      for (const subject of opened.splice(0).reverse()) await subject.dispose()
    })

    function kept(subject: TelemetrySubject): TelemetrySubject {
      opened.push(subject)
      return subject
    }
    const cases: TelemetryCases = {
      options,
      subject: async () => kept(await options.open()),
      reopened: async (subject) => kept(await subject.reopen()),
    }
    telemetryWriteCases(cases)
    telemetryReadingCases(cases)
    telemetryWindowCases(cases)
    telemetryRetentionCases(cases)
  })
}
