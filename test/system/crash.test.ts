// A slice of the crash test that holds every kind of fault: the full one is `npm run crash -- --rounds N --seed S`. And proof that
// it can fail.

import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { faultKinds } from '../crash/plan.ts'
import { runCrashTest } from '../crash/run.ts'

const seed = Number(process.env['HETAO_TEST_SEED'] ?? Math.floor(Math.random() * 1e6))

describe('kill -9, torn tails, full, stalled and lying disks under load', () => {
  it('loses nothing, doubles nothing and files no case twice', async () => {
    const result = await runCrashTest({ rounds: faultKinds.length, seed })
    expect(result.problems, `seed ${seed}, kept in ${result.failed?.directory}`).toEqual([])
    const { skipped, casesFiledTwice, cases, tickets } = result
    expect(Object.values(result.kinds).reduce((sum, count) => sum + count, 0)).toBe(
      faultKinds.length,
    )
    for (const kind of faultKinds)
      if (kind !== 'disk' || skipped.length === 0)
        expect(result.kinds[kind], kind).toBeGreaterThanOrEqual(1)
    expect({ casesFiledTwice, cases }).toEqual({ casesFiledTwice: 0, cases: tickets })
    expect(tickets).toBeGreaterThan(0)
  }, 240_000)

  it('notices a product that acknowledges before anything is on disk', async () => {
    const result = await runCrashTest({ rounds: 4, seed, kinds: ['kill'], sabotage: 'early-ack' })
    rmSync(result.failed?.directory ?? '', { recursive: true, force: true })
    expect(result.problems.join('\n')).toMatch(/acknowledged readings are not stored/)
  }, 60_000)
})
