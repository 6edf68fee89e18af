// Every built-in scenario, played in process: its own expectations hold, and a second run gives the same hash.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { directTarget, run } from '../../../simulators/run.ts'
import { resultOf, type Run } from '../../../simulators/result.ts'
import { readScenario } from '../../../simulators/scenario.ts'
import { systemClock } from '../../../src/clock.ts'

const folder = join(import.meta.dirname, '../../../simulators/scenarios')
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))

async function playOnce(
  file: string,
  speed: number | null,
  seed: string | null = null,
): Promise<Run> {
  const path = join(folder, file)
  const read = readScenario({
    text: readFileSync(path, 'utf8'),
    name: file,
    types: deviceTypes,
    seed,
  })
  if (read.kind === 'invalid') throw new Error(read.problems.join('\n'))
  return run({
    scenario: read.scenario,
    path,
    types: deviceTypes,
    target: directTarget(read.scenario, deviceTypes),
    speed,
    wall: systemClock,
    signal: new AbortController().signal,
    onProgress: () => {},
  })
}

describe('the built-in scenarios', () => {
  it.each(files)('%s meets its expectations, twice with one hash', async (file) => {
    const first = await playOnce(file, null)
    expect(first.score.failures).toEqual([])
    const second = await playOnce(file, null)
    expect({ ...resultOf(second), wallSeconds: 0 }).toEqual({ ...resultOf(first), wallSeconds: 0 })
  })

  it('give one hash at every speed and another for another seed', async () => {
    const unpaced = await playOnce('cover-theft.yaml', null)
    expect((await playOnce('cover-theft.yaml', 50_000)).hash).toBe(unpaced.hash)
    expect((await playOnce('cover-theft.yaml', null, '8')).hash).not.toBe(unpaced.hash)
  })
})
