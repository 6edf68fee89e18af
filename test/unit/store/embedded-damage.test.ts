// One damaged day file, and readings of that day and others still coming.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { positionAt } from '../../../src/core/position.ts'
import { TelemetryUnavailable } from '../../../src/ports.ts'
import { openEmbeddedTelemetry } from '../../../src/store/embedded/embedded.ts'
import { contractTypes, reading } from '../../contracts/telemetry-readings.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

const T = Date.UTC(2026, 10, 2, 2)

it('puts a damaged day file aside, so that all others go on being written', async () => {
  const directory = await makeTemporaryDirectory()
  const clock = createManualClock(T)
  const open = () =>
    openEmbeddedTelemetry({ directory: directory.path, types: contractTypes, clock })
  const at = (position: number, ts: number) => reading(position, ts, { power: 1 })
  const before = open()
  await before.write([at(1, T)], positionAt(1), T)
  await before.close()
  const file = join(directory.path, 'streetlight', '2026-11-02.db')
  writeFileSync(file, Buffer.alloc(8_192, 7))

  const store = open()
  const write = () => store.write([at(2, T + 1_000), at(3, T + 86_400_000)], positionAt(3), T)
  await expect(write()).rejects.toThrow(TelemetryUnavailable)
  await write()
  expect(store.counts()).toEqual({ stored: 3, duplicate: 0, revised: 0, refused: 0 })
  expect(store.state()).toMatchObject({ state: 'ready' })
  expect(store.state().detail).toContain(`${file}.damaged`)
  await store.close()
  await directory.remove()
})
