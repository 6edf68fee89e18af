// Scheduled work on telemetry: every minute whatever rollups are due; every hour, and once after the start, what has been kept long
// enough. A missed tick loses nothing, as each works off all that is due.

import { schedule, type ScheduledTask } from 'node-cron'
import type { Millis } from '../core/position.ts'
import { TelemetryUnavailable, type Clock, type Expired, type TelemetryStatus } from '../ports.ts'

export interface TelemetryJobsOptions {
  readonly rollups: { work(): Promise<void> }
  readonly retention: { run(): Promise<readonly Expired[]> }
  readonly clock: Clock
  readonly onProblem: (message: string, detail: string) => void
}

export interface TelemetryJobs {
  readonly lastRetention: TelemetryStatus['retention']
  rollUp(): Promise<void>
  retain(): Promise<void>
  /** No tick begins any more; resolves when the work under way has ended. */
  stop(): Promise<void>
}

/** Ten seconds past each minute, and twenty minutes past each hour. */
const ROLL_UP_AT = '10 * * * * *'
const RETAIN_AT = '0 20 * * * *'

export function createTelemetryJobs(options: TelemetryJobsOptions): TelemetryJobs {
  const { rollups, retention, clock, onProblem } = options
  let lastRetention: TelemetryStatus['retention'] = null
  let underWay: Promise<void> = Promise.resolve()
  let isStopped = false
  const tasks: ScheduledTask[] = []

  /** One job at a time; a failure is told, and the next tick tries again. */
  function run(name: string, job: () => Promise<void>): Promise<void> {
    underWay = underWay.then(async () => {
      if (isStopped) return
      try {
        await job()
      } catch (error) {
        // That the database is away is a state of its own, shown where people look.
        if (!(error instanceof TelemetryUnavailable) && !isStopped)
          onProblem(`${name} failed`, String(error))
      }
    })
    return underWay
  }

  let hasRetained = false
  const retain = () =>
    run('retention', async () => {
      hasRetained = true
      lastRetention = summary(await retention.run(), clock.now())
    })

  async function rollUp(): Promise<void> {
    await run('rollups', () => rollups.work())
    if (!hasRetained) await retain()
  }

  tasks.push(schedule(ROLL_UP_AT, rollUp, { name: 'rollups', noOverlap: true, timezone: 'UTC' }))
  tasks.push(schedule(RETAIN_AT, retain, { name: 'retention', noOverlap: true, timezone: 'UTC' }))

  return {
    get lastRetention() {
      return lastRetention
    },
    rollUp,
    retain,
    async stop() {
      isStopped = true
      for (const task of tasks) await task.destroy()
      await underWay
    },
  }
}

function summary(gone: readonly Expired[], at: Millis): TelemetryStatus['retention'] {
  const known = gone.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]))
  return {
    at,
    pieces: gone.length,
    bytes: known.length < gone.length ? null : known.reduce((sum, bytes) => sum + bytes, 0),
  }
}
