// When the oldest and the newest raw readings in an InfluxDB were measured, found without having it open all it keeps.

import type { DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import type { Clock } from '../../ports.ts'
import type { SeriesBlock } from './answer.ts'
import type { InfluxQl } from './influxql.ts'
import { inSpan, source } from './influxql-text.ts'
import type { InfluxServer } from './server.ts'
import type { Target } from './target.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Readings from the future: the product takes ten minutes of it, a stranger may have written more. */
const AHEAD_MS = 400 * DAY_MS

/**
 * A question costs the server for each series in each of its time partitions that the span touches, and nothing where it has none.
 * So the oldest reading is looked for in short spans from the beginning of time.
 */
const STEP_MS = 30 * DAY_MS

/** 3 Core answers for no longer span. */
const REACH_OF_3_MS = 72 * HOUR_MS

export interface ExtentOptions {
  readonly influxQl: InfluxQl
  readonly server: InfluxServer
  readonly target: Target
  readonly types: readonly DeviceType[]
  readonly clock: Clock
}

export interface Extent {
  readonly from: Millis
  readonly to: Millis
}

export function createExtent(options: ExtentOptions): () => Promise<Extent | null> {
  const { influxQl, server, target, types, clock } = options
  const sources = types.map((type) => source(target.measurement('raw', type.id))).join(', ')

  async function timesIn(from: Millis, to: Millis, order: 'ASC' | 'DESC'): Promise<Millis[]> {
    const statement = `SELECT * FROM ${sources} WHERE ${inSpan(from, to)} ORDER BY time ${order} LIMIT 1`
    return (await influxQl.ask(statement)).flatMap(timesOf)
  }

  /** Looks back in growing spans: the newest reading is nearly always of today. */
  async function newest(from: Millis, now: Millis, end: Millis): Promise<Millis | null> {
    let upper = end
    for (let reachMs = DAY_MS; upper > from; reachMs *= 2) {
      const lower = Math.max(from, Math.min(upper, now) - reachMs)
      const times = await timesIn(lower, upper, 'DESC')
      if (times.length > 0) return times.reduce((a, b) => Math.max(a, b))
      upper = lower
    }
    return null
  }

  /** There is one at `newest`. */
  async function oldest(from: Millis, newest: Millis): Promise<Millis> {
    for (let lower = from; lower < newest; lower += STEP_MS) {
      const times = await timesIn(lower, Math.min(newest, lower + STEP_MS), 'ASC')
      if (times.length > 0) return times.reduce((a, b) => Math.min(a, b))
    }
    return newest
  }

  return async () => {
    if (types.length === 0) return null
    const { generation } = await server.flavour()
    const now = clock.now()
    const from = generation === '3' ? now - REACH_OF_3_MS : 0
    const to = await newest(from, now, now + (generation === '3' ? HOUR_MS : AHEAD_MS))
    return to === null ? null : { from: await oldest(from, to), to }
  }
}

function timesOf({ columns, values }: SeriesBlock): Millis[] {
  const time = columns.indexOf('time')
  return values.map((row) => row[time]).filter((t) => typeof t === 'number')
}
