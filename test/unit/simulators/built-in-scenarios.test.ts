// Every built-in scenario, played in process: its own expectations hold, and a second run gives the same hash.

import { readFileSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
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
  path = join(folder, file),
): Promise<Run> {
  const read = readScenario({
    text: readFileSync(join(folder, file), 'utf8'),
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

  it('sandstorm-2015.yaml tells a hole in the recording, and nothing but the hole', async () => {
    const root = await mkdtemp(join(tmpdir(), 'hetao-scenario-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const data = readFileSync(join(folder, '../data/beijing-air-2015-spring.csv'), 'utf8')
    // One hour of Dongsi's is lost, and four of Huairou's; after three hours of silence a monitor counts as lost.
    const lost = /^\d+,2015,5,(20,6,.*,Dongsi|21,(6|7|8|9),.*,Huairou)\r?\n/gm
    expect(data.match(lost)).toHaveLength(5)
    const path = join(root, 'scenarios/sandstorm-2015.yaml')
    await mkdir(join(root, 'data'))
    await writeFile(join(root, 'data/beijing-air-2015-spring.csv'), data.replace(lost, ''))
    const { score } = await playOnce('sandstorm-2015.yaml', null, null, path)
    expect(score.unexpected).toMatchObject([
      {
        device: 'RP-D-004',
        rule: 'OFFLINE',
        raisedAt: Date.parse('2015-05-21T08:00:00+08:00'),
        returnedAt: Date.parse('2015-05-21T10:00:00+08:00'),
      },
    ])
    expect(score.failures).toHaveLength(1)
  })

  it('give one hash at every speed and another for another seed', async () => {
    const unpaced = await playOnce('cover-theft.yaml', null)
    expect((await playOnce('cover-theft.yaml', 50_000)).hash).toBe(unpaced.hash)
    expect((await playOnce('cover-theft.yaml', null, '8')).hash).not.toBe(unpaced.hash)
  })
})
