// A directory that is gone when its test is over.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function makeTemporaryDirectory(): Promise<{
  readonly path: string
  readonly remove: () => Promise<void>
}> {
  const path = await mkdtemp(join(tmpdir(), 'hetao-store-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
