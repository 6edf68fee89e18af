import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { openRollupsOrAnew } from '../../../src/store/rollups/open-anew.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

let directory: string
let remove: () => Promise<void>
beforeEach(async () => {
  ;({ path: directory, remove } = await makeTemporaryDirectory())
})
afterEach(() => remove())

describe('rollups over a ledger that cannot be read', () => {
  const open = (problems: string[]) =>
    openRollupsOrAnew({
      store: createMemoryTelemetry({ types: [] }),
      file: join(directory, 'rollups.db'),
      types: [],
      windowAt: createLocalWindows('Asia/Shanghai'),
      onProblem: (message) => problems.push(message),
    })

  it('begin anew, say so, and keep the file', async () => {
    writeFileSync(
      join(directory, 'rollups.db'),
      'no database at all, and long enough to be looked at',
    )
    const problems: string[] = []
    const rollups = await open(problems)
    rollups.close()
    expect(problems).toEqual(['rollups begin anew'])
    expect(readFileSync(join(directory, 'rollups.db.damaged'), 'utf8')).toContain('no database')
  })

  it('say nothing over one that can', async () => {
    const problems: string[] = []
    const first = await open(problems)
    first.close()
    const second = await open(problems)
    second.close()
    expect(problems).toEqual([])
  })
})
