import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createTelemetryJobs } from '../../../src/jobs/telemetry-jobs.ts'
import { TelemetryUnavailable, type Expired } from '../../../src/ports.ts'

const piece = (bytes: number | null): Expired => ({
  level: 'raw',
  type: 'streetlight',
  from: 0,
  to: 1,
  rows: null,
  bytes,
  where: 'file',
})

function setUp(work: () => Promise<void> = async () => {}) {
  const done: string[] = []
  const problems: string[] = []
  const gone: Expired[] = []
  const jobs = createTelemetryJobs({
    rollups: {
      async work() {
        done.push('rollups')
        await work()
      },
    },
    retention: {
      async run() {
        done.push('retention')
        return gone
      },
    },
    clock: createManualClock(42),
    onProblem: (message, detail) => problems.push(`${message}: ${detail}`),
  })
  return { jobs, done, problems, gone }
}

describe('jobs of telemetry', () => {
  it('clear up once after the first rollups, then when it is time', async () => {
    const { jobs, done } = setUp()
    await jobs.rollUp()
    await jobs.rollUp()
    await jobs.retain()
    expect(done).toEqual(['rollups', 'retention', 'rollups', 'retention'])
    await jobs.stop()
  })

  it('tell when they last cleared up and what went, as far as that is known', async () => {
    const { jobs, gone } = setUp()
    expect(jobs.lastRetention).toBeNull()
    gone.push(piece(10), piece(5))
    await jobs.retain()
    expect(jobs.lastRetention).toEqual({ at: 42, pieces: 2, bytes: 15 })
    gone.push(piece(null))
    await jobs.retain()
    expect(jobs.lastRetention).toEqual({ at: 42, pieces: 3, bytes: null })
    await jobs.stop()
  })

  it('tell a failure and go on with the next', async () => {
    const { jobs, done, problems } = setUp(async () => {
      throw new Error('a damaged file')
    })
    await jobs.rollUp()
    await jobs.rollUp()
    expect(problems).toEqual([
      'rollups failed: Error: a damaged file',
      'rollups failed: Error: a damaged file',
    ])
    expect(done).toEqual(['rollups', 'retention', 'rollups'])
    await jobs.stop()
  })

  it('keep quiet about a database that is away: that is a state of its own', async () => {
    const { jobs, problems } = setUp(async () => {
      throw new TelemetryUnavailable('away')
    })
    await jobs.rollUp()
    expect(problems).toEqual([])
    await jobs.stop()
  })

  it('end with the work under way, and begin none after', async () => {
    const going = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const { jobs, done } = setUp(() => {
      begun.resolve()
      return going.promise
    })
    const first = jobs.rollUp()
    await begun.promise
    const second = jobs.rollUp()
    const stopped = jobs.stop()
    going.resolve()
    await Promise.all([first, second, stopped])
    expect(done).toEqual(['rollups'])
  })
})
