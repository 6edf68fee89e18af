// The command line of `simulate`: what is wrong is told all at once.

import { describe, expect, it } from 'vitest'
import { readSimulateArguments } from '../../../simulators/simulate-arguments.ts'

const read = (line: string) => readSimulateArguments(line === '' ? [] : line.split(' '))

describe('readSimulateArguments()', () => {
  it.each([
    [
      '--scenario a',
      {
        scenario: 'a',
        seed: null,
        speed: null,
        target: { kind: 'direct' },
        json: false,
        junit: null,
      },
    ],
    [
      '--scenario=a --seed 5 --speed 60 --json --junit out.xml',
      { seed: '5', speed: 60, json: true, junit: 'out.xml' },
    ],
    ['--scenario a --speed max', { speed: null }],
    [
      '--scenario a --target mqtt://127.0.0.1:2883',
      { speed: 1, target: { kind: 'mqtt', host: '127.0.0.1', port: 2883 } },
    ],
    ['--scenario a --target mqtt://[::1]', { target: { kind: 'mqtt', host: '::1', port: 1883 } }],
    [
      '--scenario a --target mqtt://h --speed 10 --api http://h:80',
      { speed: 10, apiUrl: 'http://h:80' },
    ],
  ])('takes %s', (line, expected) => {
    expect(read(line)).toMatchObject({ kind: 'ok', arguments: expected })
  })

  it.each([
    ['', ['--scenario: expected a name or a file, got nothing']],
    ['--scenario', ['--scenario: expected a value']],
    ['--scenario --json', ['--scenario: expected a value']],
    ['--scenario a --speed 0', ['--speed: expected max or a number above 0, got "0"']],
    [
      '--scenario a --speed x --target ftp://x --colour red b',
      [
        '--colour: no such',
        'red: no argument',
        'b: no argument',
        '--target: expected direct',
        '--speed: expected max',
      ],
    ],
    [
      '--scenario a --target mqtt://h --speed max',
      ['--speed: expected a number with an mqtt target'],
    ],
    ['--scenario a --target mqtt://user:pass@h', ['--target: expected direct']],
    ['--scenario a --api nowhere', ['--api: expected an address']],
  ])('refuses %s', (line, expected) => {
    const result = read(line)
    const problems = result.kind === 'invalid' ? result.problems : []
    expect(problems.at(-1)).toMatch(/^usage: /)
    expect(problems).toHaveLength(expected.length + 1)
    for (const part of expected) expect(problems.join('\n')).toContain(part)
  })
})
