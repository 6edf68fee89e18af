// A slice of the crash test: the full one is `npm run crash -- --rounds N --seed S`.

import { describe, expect, it } from 'vitest'
import { runCrashTest } from '../crash/run.ts'

describe('kill -9 under load', () => {
  it('loses nothing, doubles nothing and files no case twice', async () => {
    const seed = Number(process.env['HETAO_TEST_SEED'] ?? Math.floor(Math.random() * 1e6))
    const result = await runCrashTest({ rounds: 8, seed, devices: 24 })
    expect(result.problems, `seed ${seed}`).toEqual([])
    expect(result.casesFiledTwice).toBe(0)
    expect(result.tickets).toBeGreaterThan(0)
  }, 240_000)
})
