// Embedded stores in a directory of their own, closed and gone when the test is over.

import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { positionAt, type Position } from '../../../src/core/position.ts'
import type { TelemetryCounts, TelemetryStore } from '../../../src/ports.ts'
import { openEmbeddedTelemetry } from '../../../src/store/embedded/embedded.ts'
import { contractTypes, DAY, NOON } from '../../contracts/telemetry-readings.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

export interface StoreOptions {
  readonly path?: string
  readonly types?: typeof contractTypes
  /** Files kept open. */
  readonly max?: number
}

export function countsOf(counts: Partial<TelemetryCounts>): TelemetryCounts {
  return { stored: 0, duplicate: 0, revised: 0, refused: 0, ...counts }
}

/** To be called in a `describe`: every test gets a directory of its own, which is not there yet. */
export function useEmbedded() {
  const clock = createManualClock(NOON)
  const stores: TelemetryStore[] = []
  let path = ''
  let remove: () => Promise<void>

  async function endAll(): Promise<void> {
    for (const store of stores.splice(0)) await store.close()
  }
  beforeEach(async () => {
    const temporary = await makeTemporaryDirectory()
    path = join(temporary.path, 'telemetry')
    remove = temporary.remove
  })
  afterEach(async () => {
    await endAll()
    await remove()
  })

  return {
    clock,
    directory: () => path,
    endAll,
    /** The arguments of a write behind its readings. */
    at: (sequence: number): [Position, number] => [positionAt(sequence), NOON + 400 * DAY],
    openStore: (options: StoreOptions = {}): TelemetryStore => {
      const store = openEmbeddedTelemetry({
        directory: options.path ?? path,
        types: options.types ?? contractTypes,
        clock,
        ...(options.max === undefined ? {} : { openFilesMax: options.max }),
      })
      const closing = { ...store, close: closeOnce(store) }
      stores.push(closing)
      return closing
    },
  }
}

function closeOnce(store: TelemetryStore): () => Promise<void> {
  let closed: Promise<void> | null = null
  return () => (closed ??= store.close())
}
