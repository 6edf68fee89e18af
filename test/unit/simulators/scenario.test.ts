// Scenario files: what is wrong with them is told all at once, with line and path.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { readScenario } from '../../../simulators/scenario.ts'

const folder = join(import.meta.dirname, '../../../simulators/scenarios')

function problemsOf(text: string): readonly string[] {
  const result = readScenario({ text, name: 'x.yaml', types: deviceTypes, seed: null })
  return result.kind === 'invalid' ? result.problems : []
}

const head = `name: x
story: { zh: 甲, en: a }
seed: 1
start: 2026-11-10T20:00:00+08:00
duration: 2h
fleet: { city: { feeders: 1, lampsPerFeeder: 2, covers: 1, sites: 0 } }
`

describe('readScenario()', () => {
  it('reads every built-in scenario', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
    expect(files.length).toBeGreaterThanOrEqual(4)
    for (const file of files) {
      expect(problemsOf(readFileSync(join(folder, file), 'utf8')), file).toEqual([])
      expect(readFileSync(join(folder, file), 'utf8')).toContain(
        `name: ${file.replace('.yaml', '')}\n`,
      )
    }
  })

  it('tells every mistake of shape with its line, path and expectation', () => {
    const problems = problemsOf(`name: Not A Name
story: { zh: 甲 }
seed: 1
start: yesterday
duration: 2 hours
colour: blue
fleet:
  city: { feeders: -1 }
faults:
  - id: a
    kind: explosion
    on: LH-M-0001
    at: 1h
    for: 1h
`)
    expect(problems).toHaveLength(7)
    const told = problems.join('\n')
    expect(told).toContain(
      'x.yaml:1: name: expected lower-case words with hyphens, got "Not A Name"',
    )
    expect(told).toMatch(/x\.yaml:2: story\.en: .*expected string/)
    expect(told).toContain('x.yaml:4: start: expected a time with its zone')
    expect(told).toContain('x.yaml:5: duration: expected a duration')
    expect(told).toContain('x.yaml:6: colour: no such field')
    expect(told).toMatch(/x\.yaml:8: fleet\.city\.feeders: .*>=0.*, got -1/)
    expect(told).toMatch(/x\.yaml:11: faults\[0\]\.kind: .*"cover_theft".*, got "explosion"/)
  })

  it('tells every name that does not exist and every time outside the story', () => {
    const problems = problemsOf(`${head}faults:
  - { id: a, kind: cover_theft, on: LH-M-0009, at: 1h, for: 30m }
  - { id: b, kind: cover_theft, on: LH-F-001, at: 1h, for: 30m }
  - { id: c, kind: leakage, on: LH-L-00001, at: 1h, for: 3h }
expect:
  - { fault: z, rules: [NO_RULE], on: NOBODY, within: 2m, until: 1m }
allow:
  - { rules: [COVER_OPEN], fault: y, max: 1, why: none }
cases: { behaviour: { delayMs: soon } }
`)
    expect(problems).toEqual([
      'x.yaml:8: faults[0].on: expected a device of the fleet, got "LH-M-0009"',
      'x.yaml:9: faults[1].on: cover_theft strikes manhole-cover, got LH-F-001, a lighting-feeder',
      'x.yaml:10: faults[2].for: expected an end inside the duration of the scenario',
      'x.yaml:12: expect[0].fault: expected the id of a fault, got "z"',
      'x.yaml:12: expect[0].rules: expected a rule of the device types, got "NO_RULE"',
      'x.yaml:12: expect[0].on: expected a device of the fleet, got "NOBODY"',
      'x.yaml:12: expect[0].until: expected at least `within`',
      'x.yaml:14: allow[0].fault: expected the id of a fault, got "y"',
      expect.stringContaining('x.yaml:15: cases.behaviour: delayMs: '),
    ])
  })

  it('tells where a file is not YAML', () => {
    expect(problemsOf(`${head}faults: [\n`)[0]).toMatch(/^x\.yaml:\d+: not YAML: /)
    expect(problemsOf('')).not.toEqual([])
    expect(problemsOf('- 1\n- 2\n')).not.toEqual([])
  })

  it('takes a seed from outside before its own', () => {
    const result = readScenario({ text: head, name: 'x.yaml', types: deviceTypes, seed: '99' })
    expect(result.kind === 'ok' && result.scenario.seed).toBe('99')
  })
})
