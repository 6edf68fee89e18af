// What stands in the place of windows that are about to be written. A line adds its fields to those of its series and moment, and
// another division is another series: so a window that is written again has to take the place of the one before, field by field.

import type { Metric } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import type { RollupLevel, WindowRow } from '../../ports.ts'
import { deviceGroupsOrAll } from './device-groups.ts'
import type { InfluxQl } from './influxql.ts'
import { anyOf, identifier, inSpan, moment, source } from './influxql-text.ts'
import { SIMULATED_FIELD } from './line-protocol.ts'
import type { Target } from './target.ts'
import { countField } from './window-fields.ts'

export interface KeptWindow {
  /** Empty: none. */
  readonly division: string
  readonly simulated: boolean
  /** The metrics it has a value of. */
  readonly metrics: ReadonlySet<string>
}

export interface KeptWindows {
  /** Those that stand where these windows will, by device and start. */
  find(
    level: RollupLevel,
    type: string,
    metrics: readonly Metric[],
    windows: readonly WindowRow[],
  ): Promise<(window: WindowRow) => KeptWindow | undefined>
}

export function createKeptWindows(influxQl: InfluxQl, target: Target): KeptWindows {
  /** By level and type: no window starts later. Asked for once, since then we have written them all. */
  const newest = new Map<string, Millis>()

  async function newestFrom(level: RollupLevel, type: string, from: Millis): Promise<Millis> {
    const known = newest.get(`${level} ${type}`)
    if (known !== undefined) return known
    const place = source(target.measurement(level, type))
    const [block] = await influxQl.ask(
      `SELECT * FROM ${place} WHERE time >= ${moment(from)} ORDER BY time DESC LIMIT 1`,
    )
    const time = block?.values[0]?.[block.columns.indexOf('time')]
    return typeof time === 'number' ? time : from - 1
  }

  return {
    async find(level, type, metrics, windows) {
      const starts = windows.map(({ start }) => start)
      const [first, last] = [least(starts), greatest(starts)]
      const known = await newestFrom(level, type, first)
      newest.set(`${level} ${type}`, Math.max(known, last))
      const again = windows.filter(({ start }) => start <= known)
      // A window that nobody has written before stands alone, as nearly all do.
      if (again.length === 0) return () => undefined

      const found = new Map<string, KeptWindow>()
      const place = source(target.measurement(level, type))
      const fields = [...metrics.map(countField), SIMULATED_FIELD]
      const wanted = new Set(again.map(keyOf))
      const againStarts = again.map(({ start }) => start)
      const span = inSpan(least(againStarts), greatest(againStarts) + 1)
      for (const devices of deviceGroupsOrAll(again.map(({ device }) => device))) {
        const chosen = devices === null ? '' : ` AND ${anyOf('device', devices)}`
        const statement = `SELECT ${fields.map(identifier).join(', ')} FROM ${place} WHERE ${span}${chosen} GROUP BY "device", "division"`
        for await (const { tags, columns, values } of influxQl.select(statement))
          for (const row of values) {
            const at = (name: string): unknown => row[columns.indexOf(name)]
            const key = `${String(tags['device'] ?? at('device'))} ${String(at('time'))}`
            if (!wanted.has(key)) continue
            const division = tags['division'] ?? at('division')
            found.set(key, {
              division: typeof division === 'string' ? division : '',
              simulated: at(SIMULATED_FIELD) === 1,
              metrics: new Set(
                metrics.filter((metric) => Number(at(countField(metric))) > 0).map(({ id }) => id),
              ),
            })
          }
      }
      return (window) => found.get(keyOf(window))
    },
  }
}

function keyOf({ device, start }: WindowRow): string {
  return `${device} ${start}`
}

function least(times: readonly Millis[]): Millis {
  return times.reduce((a, b) => Math.min(a, b))
}

function greatest(times: readonly Millis[]): Millis {
  return times.reduce((a, b) => Math.max(a, b))
}
