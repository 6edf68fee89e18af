// The command `npm run simulate`: plays a scenario, scores it, prints the result. Exit code 0 passed, 1 an expectation failed,
// 2 wrong arguments or file.

import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { deviceTypes } from '../devices/index.ts'
import { systemClock } from '../src/clock.ts'
import { readProcessConfig } from '../src/config.ts'
import { createMqttTarget } from './mqtt-target.ts'
import type { Progress } from './player.ts'
import { humanReport, junitReport, resultOf } from './result.ts'
import { directTarget, run } from './run.ts'
import { readScenario, type Scenario } from './scenario.ts'
import { readSimulateArguments, type SimulateArguments } from './simulate-arguments.ts'
import type { Target } from './target.ts'

const scenarios = join(import.meta.dirname, 'scenarios')

process.exitCode = await main()

async function main(): Promise<number> {
  const parsed = readSimulateArguments(process.argv.slice(2))
  if (parsed.kind === 'invalid') return wrong(parsed.problems)
  const path = findScenario(parsed.arguments.scenario)
  if (path === null)
    return wrong([
      `--scenario: expected a file or one of ${builtIn().join(', ')}, got "${parsed.arguments.scenario}"`,
    ])
  const read = readScenario({
    text: readFileSync(path, 'utf8'),
    name: path,
    types: deviceTypes,
    seed: parsed.arguments.seed,
  })
  if (read.kind === 'invalid') return wrong(read.problems)
  const target = targetOf(parsed.arguments, read.scenario)
  if (target.kind === 'invalid') return wrong(target.problems)

  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  try {
    const done = await run({
      scenario: read.scenario,
      path,
      types: deviceTypes,
      target: target.target,
      speed: parsed.arguments.speed,
      wall: systemClock,
      signal: stop.signal,
      onProgress: (progress) => say(progressLine(progress)),
    })
    if (stop.signal.aborted)
      say('stopped before the end: what follows judges the part that was played')
    if (parsed.arguments.junit !== null) writeFileSync(parsed.arguments.junit, junitReport(done))
    if (parsed.arguments.json) {
      for (const failure of done.score.failures) say(failure)
      process.stdout.write(`${JSON.stringify(resultOf(done))}\n`)
    } else process.stdout.write(humanReport(done))
    return done.score.failures.length === 0 && !stop.signal.aborted ? 0 : 1
  } catch (error) {
    return wrong([error instanceof Error ? error.message : String(error)])
  }
}

function targetOf(
  { target, speed, apiUrl }: SimulateArguments,
  scenario: Scenario,
): { kind: 'ok'; target: Target } | { kind: 'invalid'; problems: readonly string[] } {
  if (target.kind === 'direct') return { kind: 'ok', target: directTarget(scenario, deviceTypes) }
  const settings = readProcessConfig()
  if (settings.kind === 'invalid') return { kind: 'invalid', problems: settings.problems }
  const token = settings.config.HETAO_ADMIN_TOKEN
  if (token === null)
    return {
      kind: 'invalid',
      problems: [
        'HETAO_ADMIN_TOKEN: expected the running product’s token, as the fleet registers over its API',
      ],
    }
  if (speed !== null && speed > 1)
    say(`the story is compressed ${speed} times: rules that wait for minutes see that much less`)
  say('story time is moved to now: rules bound to the hour or to the night follow the real hour')
  return {
    kind: 'ok',
    target: createMqttTarget({
      scenario,
      host: target.host,
      port: target.port,
      apiUrl,
      token,
      speed: speed ?? 1,
      clock: systemClock,
      say,
    }),
  }
}

/** A built-in name wins over a file of the same name. */
function findScenario(name: string): string | null {
  if (builtIn().includes(name)) return join(scenarios, `${name}.yaml`)
  return statSync(name, { throwIfNoEntry: false })?.isFile() === true ? resolve(name) : null
}

function builtIn(): readonly string[] {
  return readdirSync(scenarios)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''))
    .sort()
}

function progressLine({ at, done, messages, speed }: Progress): string {
  return `${(done * 100).toFixed(1)} %  ${new Date(at).toISOString()}  ${messages} messages  ${Math.round(speed)}x`
}

function wrong(problems: readonly string[]): number {
  for (const problem of problems) say(problem)
  return 2
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
