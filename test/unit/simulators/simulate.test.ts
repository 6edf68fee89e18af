// The command itself, as a process: one JSON document, and exit codes a script can rely on.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'

const command = join(import.meta.dirname, '../../../simulators/simulate.ts')

function simulate(
  ...words: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...words], (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    )
  })
}

describe('simulate', () => {
  it('prints exactly one JSON document of the agreed shape', async () => {
    const { code, out, err } = await simulate('--scenario', 'cover-theft', '--json', '--seed', '3')
    expect([code, err]).toEqual([0, ''])
    expect(out.trimEnd()).not.toContain('\n')
    expect(JSON.parse(out)).toEqual({
      scenario: 'cover-theft',
      seed: 3,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      virtualSeconds: 14_400,
      wallSeconds: expect.any(Number),
      readings: expect.any(Number),
      faults: { injected: 2, matched: 2, late: 0, missed: 0 },
      alerts: { raised: 2, expected: 2, unexpected: 0 },
      tickets: { opened: 1, delivered: 1, duplicates: 0 },
    })
  })

  it('ends with 1 when an expectation fails, saying why, also in JUnit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hetao-simulate-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'missed.yaml')
    writeFileSync(
      file,
      `name: missed
story: { zh: 甲, en: a }
seed: 1
start: 2026-11-10T20:00:00+08:00
duration: 1h
fleet: { city: { feeders: 0, lampsPerFeeder: 0, covers: 2, sites: 0 } }
faults: [{ id: out, kind: device_outage, on: LH-M-0001, at: 1m, for: 30m }]
expect: [{ fault: out, rules: [COVER_OPEN], within: 5m }]
`,
    )
    const { code, out } = await simulate('--scenario', file, '--junit', join(folder, 'out.xml'))
    expect(code).toBe(1)
    expect(out).toContain('MISSED')
    expect(out).toContain('got no alert on this device in the whole run')
    expect(readFileSync(join(folder, 'out.xml'), 'utf8')).toContain('failures="2"')
  })

  it('ends with 2 on wrong arguments, telling them all and no stack', async () => {
    const { code, out, err } = await simulate('--speed', 'fast', '--nonsense')
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('--nonsense: no such argument')
    expect(err).toContain('--scenario: expected')
    expect(err).toContain('--speed: expected')
    expect(err).not.toContain('    at ')
  })

  it('ends with 2 on a scenario that is not there, naming those that are', async () => {
    const { code, err } = await simulate('--scenario', 'nowhere')
    expect(code).toBe(2)
    expect(err).toContain('cover-theft, feeder-cut, quiet-day, sandstorm-2015')
  })
})
