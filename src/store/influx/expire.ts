// What an InfluxDB keeps from before a moment, and taking it away. 3 Core deletes no rows: there it has nothing to offer, and how long
// things are kept is set on the server.

import type { DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import type { Clock, Expired, TelemetryLevel } from '../../ports.ts'
import { InfluxUnavailable, sentenceIn } from './errors.ts'
import { createExtent, type Extent } from './extent.ts'
import type { InfluxQl } from './influxql.ts'
import { identifier, moment, source, storable } from './influxql-text.ts'
import type { InfluxServer } from './server.ts'
import type { Place, Target } from './target.ts'

/** Counting and deleting go through everything that is old. */
const LONG_TIMEOUT_MS = 240_000

export interface ExpiryOptions {
  readonly influxQl: InfluxQl
  readonly server: InfluxServer
  readonly target: Target
  readonly types: readonly DeviceType[]
  readonly clock: Clock
  /** Of 2.x, where the target names none. */
  readonly organisation?: () => Promise<string>
}

export interface Expiry {
  extent(): Promise<Extent | null>
  /** One piece at most. Throws RangeError for an unknown type. */
  expired(level: TelemetryLevel, type: string, before: Millis): Promise<readonly Expired[]>
  drop(level: TelemetryLevel, type: string, before: Millis): Promise<readonly Expired[]>
}

export function createExpiry(options: ExpiryOptions): Expiry {
  const { influxQl, server, target } = options
  const typeIds = new Set(options.types.map(({ id }) => id))

  async function expired(
    level: TelemetryLevel,
    type: string,
    before: Millis,
  ): Promise<readonly Expired[]> {
    if (!typeIds.has(type))
      throw new RangeError(`Cannot expire: expected a known device type, got "${type}"`)
    if ((await server.flavour()).generation === '3') return []
    const place = target.measurement(level, type)
    const old = `FROM ${source(place)} WHERE time < ${moment(storable(before))}`
    const [first] = await influxQl.ask(`SELECT * ${old} ORDER BY time ASC LIMIT 1`, LONG_TIMEOUT_MS)
    const from = first?.values[0]?.[first.columns.indexOf('time')]
    if (typeof from !== 'number') return []
    const where = `${place.bucket} ${place.measurement}`
    return [{ level, type, from, to: before, rows: await rowsIn(old), bytes: null, where }]
  }

  /**
   * The server counts fields, not rows: those of the field that most rows have. Null when it is not done in time: what is kept for
   * too long has to go all the same.
   */
  async function rowsIn(old: string): Promise<number | null> {
    try {
      const [counts] = await influxQl.ask(`SELECT count(*) ${old}`, LONG_TIMEOUT_MS)
      const time = counts?.columns.indexOf('time')
      const found = (counts?.values[0] ?? []).filter(
        (count, column) => column !== time && typeof count === 'number',
      )
      return Math.max(0, ...found.map(Number))
    } catch (error) {
      if (error instanceof InfluxUnavailable && error.state === 'slow') return null
      throw error
    }
  }

  async function take(place: Place, before: Millis): Promise<void> {
    const { generation } = await server.flavour()
    if (generation === '1')
      // Takes no policy: the names of the levels' measurements differ.
      await influxQl.run(
        `DELETE FROM ${identifier(place.measurement)} WHERE time < ${moment(before)}`,
        LONG_TIMEOUT_MS,
      )
    else if (generation === '2') await takeFromBucket(place, before)
  }

  /** InfluxQL's DELETE reaches only the default bucket of 2.x. */
  async function takeFromBucket({ bucket, measurement }: Place, before: Millis): Promise<void> {
    const org = target.organisation ?? (await options.organisation?.())
    const query = new URLSearchParams({ bucket, ...(org === undefined ? {} : { org }) })
    const answer = await server.request({
      method: 'POST',
      path: `/api/v2/delete?${query.toString()}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        start: '1677-09-22T00:00:00Z',
        // The last nanosecond before, whether the end is taken for inclusive or not.
        stop: `${new Date(before - 1).toISOString().slice(0, -1)}999999Z`,
        predicate: `_measurement="${measurement}"`,
      }),
      timeoutMs: LONG_TIMEOUT_MS,
    })
    const sentence = sentenceIn(await answer.text())
    if (answer.status === 204 || answer.status === 200) return
    throw new InfluxUnavailable(
      answer.status === 404 ? 'missing' : 'failing',
      server.told(`InfluxDB answered ${answer.status} to the deletion in ${bucket}: ${sentence}`),
    )
  }

  return {
    extent: createExtent(options),
    expired,
    async drop(level, type, before) {
      const told = await expired(level, type, before)
      if (told.length > 0) await take(target.measurement(level, type), storable(before))
      return told
    },
  }
}
