// `npm run crash -- [--rounds N] [--seed S] [--first N] [--kinds a,b] [--connections N] [--sabotage early-ack] [--json]`

import { parseArgs } from 'node:util'
import { faultKinds } from './plan.ts'
import { runCrashTest } from './run.ts'

const usage =
  'Usage: npm run crash -- [--rounds N] [--seed S] [--first ROUND] [--kinds KIND,KIND] [--connections N] [--sabotage early-ack] [--json]\n' +
  `N, S and ROUND are positive whole numbers; kinds: ${faultKinds.join(', ')}\n`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '1' },
    connections: { type: 'string', default: '24' },
    kinds: { type: 'string', default: faultKinds.join() },
    sabotage: { type: 'string', default: 'none' },
    json: { type: 'boolean', default: false },
  },
})
const numbers = [values.rounds, values.seed, values.first, values.connections].map(Number)
const [rounds = 0, seed = 0, first = 0, connections = 0] = numbers
const kinds = faultKinds.filter((kind) => values.kinds.split(',').includes(kind))
if (
  !numbers.every((value) => Number.isSafeInteger(value) && value > 0) ||
  kinds.length !== values.kinds.split(',').length ||
  !['none', 'early-ack'].includes(values.sabotage)
) {
  process.stderr.write(usage)
  process.exitCode = 2
} else {
  const result = await runCrashTest({
    rounds,
    seed,
    first,
    connections,
    kinds,
    sabotage: values.sabotage === 'early-ack' ? 'early-ack' : null,
    progress: (line) => process.stderr.write(`${line}\n`),
  })
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, ...result })}\n`)
  else {
    const { problems, failed, ...figures } = result
    for (const [name, value] of Object.entries(figures))
      process.stdout.write(
        `${name.padEnd(24)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`,
      )
    for (const problem of problems) process.stdout.write(`✗ ${problem}\n`)
    process.stdout.write(
      failed === null
        ? '✓ nothing lost, nothing doubled\n'
        : `✗ seed ${seed}, round ${failed.round}; data kept in ${failed.directory}; again: npm run crash -- --seed ${seed} --first ${failed.round} --rounds 1\n`,
    )
  }
  process.exitCode = result.problems.length === 0 ? 0 : 1
}
