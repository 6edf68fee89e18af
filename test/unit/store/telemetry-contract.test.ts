// Both contract suites of telemetry, on the stores that need no server.

import { systemClock } from '../../../src/clock.ts'
import { openEmbeddedTelemetry } from '../../../src/store/embedded/embedded.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { telemetryQueriesContract } from '../../contracts/telemetry-queries.ts'
import {
  contractTypes,
  telemetryStoreContract,
  type TelemetrySubject,
} from '../../contracts/telemetry-store.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

async function openMemory(): Promise<TelemetrySubject> {
  const store = createMemoryTelemetry({ types: contractTypes })
  return {
    store,
    dispose: () => store.close(),
    reopen: () => Promise.reject(new Error('memory keeps nothing')),
  }
}

/** Few files at a time for the stores' suite: it works through many days, so files are closed and opened again on the way. */
async function openEmbedded(openFilesMax: number): Promise<TelemetrySubject> {
  const { path, remove } = await makeTemporaryDirectory()
  return embeddedAt(path, openFilesMax, remove)
}

function embeddedAt(
  directory: string,
  openFilesMax: number,
  remove: () => Promise<void>,
): TelemetrySubject {
  const options = { directory, types: contractTypes, clock: systemClock, openFilesMax }
  const store = openEmbeddedTelemetry(options)
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => (closing ??= store.close())
  return {
    store,
    reopen: async () => {
      await close()
      return embeddedAt(directory, openFilesMax, remove)
    },
    dispose: async () => {
      await close()
      await remove()
    },
  }
}

// The disk takes its time, so properties run less often there.
const memory = { name: 'memory', open: openMemory, keeps: false, runs: 12 }
const embedded = { name: 'embedded', keeps: true, runs: 4 }

telemetryStoreContract(memory)
telemetryStoreContract({ ...embedded, open: () => openEmbedded(4) })
telemetryQueriesContract(memory)
telemetryQueriesContract({ ...embedded, open: () => openEmbedded(64) })
