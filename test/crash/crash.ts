// `npm run crash -- --rounds N --seed S [--devices N] [--json]`

import { parseArgs } from 'node:util'
import { runCrashTest } from './run.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    devices: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
})
const [rounds, seed, devices] = [Number(values.rounds), Number(values.seed), Number(values.devices)]
if (![rounds, seed, devices].every((value) => Number.isSafeInteger(value) && value > 0)) {
  process.stderr.write(
    'Usage: npm run crash -- [--rounds N] [--seed S] [--devices N] [--json]; N and S are positive whole numbers\n',
  )
  process.exitCode = 2
} else {
  const result = await runCrashTest({
    rounds,
    seed,
    devices,
    progress: (line) => process.stderr.write(`${line}\n`),
  })
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    const { problems, ...numbers } = result
    for (const [name, value] of Object.entries(numbers))
      process.stdout.write(`${name.padEnd(24)} ${value}\n`)
    for (const problem of problems) process.stdout.write(`✗ ${problem}\n`)
    process.stdout.write(
      problems.length === 0
        ? '✓ nothing lost, nothing doubled\n'
        : `✗ ${problems.length} problems, seed ${seed}\n`,
    )
  }
  process.exitCode = result.problems.length === 0 ? 0 : 1
}
