// The arguments of `simulate`, with all mistakes told at once.

import { parseArgs } from 'node:util'

export interface SimulateArguments {
  readonly scenario: string
  readonly seed: string | null
  /** Null: as fast as it goes. */
  readonly speed: number | null
  readonly target:
    | { readonly kind: 'direct' }
    | { readonly kind: 'mqtt'; readonly host: string; readonly port: number }
  readonly apiUrl: string
  readonly json: boolean
  readonly junit: string | null
}

export type ParsedArguments =
  | { readonly kind: 'ok'; readonly arguments: SimulateArguments }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

const KNOWN = ['scenario', 'seed', 'speed', 'target', 'api', 'json', 'junit']
const USAGE =
  'usage: npm run simulate -- --scenario NAME|FILE [--seed N] [--speed N|max] [--target direct|mqtt://HOST:PORT] [--api URL] [--json] [--junit FILE]'

export function readSimulateArguments(given: readonly string[]): ParsedArguments {
  const problems: string[] = []
  const { values, positionals, tokens } = parseArgs({
    args: [...given],
    strict: false,
    tokens: true,
    options: {
      scenario: { type: 'string' },
      seed: { type: 'string' },
      speed: { type: 'string' },
      target: { type: 'string' },
      api: { type: 'string' },
      json: { type: 'boolean' },
      junit: { type: 'string' },
    },
  })
  for (const token of tokens)
    if (token.kind === 'option' && !KNOWN.includes(token.name))
      problems.push(`${token.rawName}: no such argument`)
  for (const word of positionals) problems.push(`${word}: no argument expected here`)

  function text(name: string): string | null {
    const value = values[name]
    if (value === undefined) return null
    if (typeof value === 'string' && value !== '' && !value.startsWith('--')) return value
    problems.push(`--${name}: expected a value`)
    return null
  }

  const scenario = text('scenario')
  if (scenario === null && values['scenario'] === undefined)
    problems.push('--scenario: expected a name or a file, got nothing')
  const target = readTarget(text('target') ?? 'direct', problems)
  const speed = readSpeed(
    text('speed') ?? (target.kind === 'direct' ? 'max' : '1'),
    target.kind,
    problems,
  )
  const apiUrl = text('api') ?? 'http://127.0.0.1:8080'
  if (!URL.canParse(apiUrl) || !/^https?:/.test(apiUrl))
    problems.push(`--api: expected an address such as http://127.0.0.1:8080, got "${apiUrl}"`)
  const seed = text('seed')
  if (seed !== null && !/^\d{1,15}$/.test(seed))
    problems.push(`--seed: expected a whole number, got "${seed}"`)
  const junit = text('junit')
  if (problems.length > 0 || scenario === null)
    return { kind: 'invalid', problems: [...problems, USAGE] }
  return {
    kind: 'ok',
    arguments: { scenario, seed, speed, target, apiUrl, json: values['json'] === true, junit },
  }
}

function readTarget(text: string, problems: string[]): SimulateArguments['target'] {
  if (text === 'direct') return { kind: 'direct' }
  const match = /^mqtt:\/\/(\[[0-9a-fA-F:]+\]|[^\s:/@]+)(?::(\d{1,5}))?\/?$/.exec(text)
  const port = Number(match?.[2] ?? 1883)
  if (match === null || port < 1 || port > 65_535) {
    problems.push(
      `--target: expected direct or an address such as mqtt://127.0.0.1:1883, got "${text}"`,
    )
    return { kind: 'direct' }
  }
  return { kind: 'mqtt', host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port }
}

function readSpeed(text: string, target: 'direct' | 'mqtt', problems: string[]): number | null {
  if (text === 'max') {
    if (target === 'mqtt')
      problems.push(
        '--speed: expected a number with an mqtt target, as real clocks cannot be turned, got "max"',
      )
    return null
  }
  const speed = Number(text)
  if (Number.isFinite(speed) && speed > 0) return speed
  problems.push(`--speed: expected max or a number above 0, got "${text}"`)
  return null
}
