// Data directories of which something is missing: the product refuses to start on what it cannot make whole, and says what to do.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { positionAt } from '../../src/core/position.ts'
import { openJournal } from '../../src/journal/journal.ts'
import {
  removeDirectory,
  spawnProduct,
  startProduct,
  temporaryDirectory,
} from '../support/product.ts'

/** A snapshot after the registration, and records behind it that no snapshot holds. */
async function killedDirectory() {
  const dataDirectory = temporaryDirectory('restore')
  const first = await startProduct({ dataDirectory })
  const { token } = first
  await first.api('POST', '/devices', [
    { id: 'L-1', type: 'streetlight', name: 'L-1', division: '150802', lat: 40.7, lon: 107.3 },
  ])
  await first.stop()
  const second = await startProduct({ dataDirectory, token })
  for (let count = 0; count < 3; count++)
    await second.api('POST', '/ingest', { device: 'L-1', m: { leakage_current: 80 } })
  await second.kill()
  return { dataDirectory, token }
}

function remove(directory: string, pattern: RegExp): void {
  for (const name of readdirSync(directory))
    if (pattern.test(name)) rmSync(join(directory, name), { recursive: true })
}

/** What the product says when it ends by itself; one that starts is ended here. */
async function refusalOf(settings: { dataDirectory: string; token: string }): Promise<string> {
  const started = spawnProduct(settings)
  const cancel = systemClock.after(10_000, () => started.process.kill('SIGKILL'))
  expect(await started.exited).toBe(1)
  cancel()
  return started.log()
}

describe('a start with something missing', () => {
  it('refuses a state that is older than the newest snapshot', async () => {
    const settings = await killedDirectory()
    remove(settings.dataDirectory, /^state\.db/)
    expect(await refusalOf(settings)).toContain('but state.db knows nothing after 0-0')

    // What the message advises: everything is built from the journal anew.
    remove(settings.dataDirectory, /^(state\.db|snapshots)/)
    const product = await startProduct(settings)
    const devices = await product.api<{ items: unknown[] }>('GET', '/devices')
    expect(devices.body.items).toHaveLength(1)
    const pipeline = await product.api('GET', '/pipeline')
    expect(pipeline.body).toMatchObject({ journaled: 3, stored: 3, holds: true })
    expect(await product.stop()).toBe(0)
    removeDirectory(settings.dataDirectory)
  }, 60_000)

  it('refuses a journal that does not reach back to the newest snapshot', async () => {
    const settings = await killedDirectory()
    const directory = join(settings.dataDirectory, 'journal')
    remove(directory, /\.journal$/)
    // A younger segment is there, the records between the snapshot and it are not.
    const { journal } = await openJournal({
      directory,
      clock: systemClock,
      segmentBytes: 2 ** 20,
      maxBytes: 2 ** 30,
      retentionMs: 1e9,
      deliver: () => {},
      after: positionAt(50),
    })
    const entry = {
      kind: 'clock',
      flags: 0,
      client: '',
      topic: '',
      payload: Buffer.alloc(0),
    } as const
    journal.append(entry, () => {})
    await journal.close()
    expect(await refusalOf(settings)).toContain('but it begins at 0-51')
    removeDirectory(settings.dataDirectory)
  }, 60_000)
})
