// Command line of the simulated case system: `node simulators/case-system/main.ts --port 9090 --secret ... --set failShare=0.1`.

import { parseArgs } from 'node:util'
import { systemClock } from '../../src/clock.ts'
import { parseBehaviourPatch } from './behaviour.ts'
import { secretFrom } from './secret-from.ts'
import { startCaseSystem } from './server.ts'

const USAGE = `usage: main.ts --secret TEXT | --secret-file FILE   --inbound-secret TEXT | --inbound-secret-file FILE
       [--port N] [--host ADDRESS] [--events-url URL] [--seed N] [--set NAME=VALUE]...   (GET /control tells the names)\n`

function fail(problems: readonly string[]): never {
  process.stderr.write(`${problems.join('\n')}\n${USAGE}`)
  process.exit(2)
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
        secret: { type: 'string' },
        'secret-file': { type: 'string' },
        'inbound-secret': { type: 'string' },
        'inbound-secret-file': { type: 'string' },
        'events-url': { type: 'string' },
        seed: { type: 'string', default: '1' },
        set: { type: 'string', multiple: true, default: [] },
      },
    }).values
  } catch (error) {
    return fail([error instanceof Error ? error.message : String(error)])
  }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const given = readArguments()
const problems: string[] = []
const { 'events-url': eventsUrl } = given
const port = Number(given.port)
const seed = Number(given.seed)
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  problems.push(`--port: expected 0 to 65535, got "${given.port}"`)
if (!Number.isInteger(seed)) problems.push(`--seed: expected a whole number, got "${given.seed}"`)
if (eventsUrl !== undefined && !URL.canParse(eventsUrl))
  problems.push(`--events-url: expected an address, got "${eventsUrl}"`)
const behaviour = parseBehaviourPatch(
  Object.fromEntries(
    given.set.map((setting) => {
      const at = setting.indexOf('=')
      return at < 1 ? [setting, undefined] : [setting.slice(0, at), valueOf(setting.slice(at + 1))]
    }),
  ),
)
if (!behaviour.ok) problems.push(...behaviour.problems.map((problem) => `--set ${problem}`))
const secret = secretFrom('secret', given.secret, given['secret-file'])
const inboundSecret = secretFrom(
  'inbound-secret',
  given['inbound-secret'],
  given['inbound-secret-file'],
)
for (const read of [secret, inboundSecret]) if (!read.ok) problems.push(read.problem)
if (problems.length > 0 || !secret.ok || !inboundSecret.ok || !behaviour.ok) fail(problems)

const simulator = await startCaseSystem({
  host: given.host,
  port,
  secret: secret.value,
  inboundSecret: inboundSecret.value,
  ...(eventsUrl === undefined ? {} : { eventsUrl }),
  clock: systemClock,
  seed,
  behaviour: behaviour.patch,
})
process.stdout.write(`${JSON.stringify({ msg: 'listening', url: simulator.url })}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void simulator.close())
