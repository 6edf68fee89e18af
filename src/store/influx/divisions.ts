// Under which division a device's windows go, so that people can group them by it: the one its readings stand under.

import type { Millis } from '../../core/position.ts'
import { deviceGroupsOrAll } from './device-groups.ts'
import type { InfluxQl } from './influxql.ts'
import { anyOf, inSpan, source } from './influxql-text.ts'
import type { Target } from './target.ts'

/** More devices than one city has; beyond it everything is asked again. */
const KNOWN_MAX = 500_000

export interface Divisions {
  /** Finds out what is not known yet, from the readings of the span; what has none there stays unknown. */
  learn(type: string, devices: readonly string[], from: Millis, to: Millis): Promise<void>
  /** Empty: not known. */
  of(type: string, device: string): string
}

/** `told`: what the writer knows from the readings that came, null when none came yet. It knows better: devices move. */
export function createDivisions(
  influxQl: InfluxQl,
  target: Target,
  told: (type: string, device: string) => string | null,
): Divisions {
  const found = new Map<string, string>()

  return {
    async learn(type, devices, from, to) {
      const unknown = devices.filter(
        (device) => told(type, device) === null && !found.has(`${type} ${device}`),
      )
      if (found.size > KNOWN_MAX) found.clear()
      const place = source(target.measurement('raw', type))
      for (const group of deviceGroupsOrAll(unknown)) {
        const chosen = group === null ? '' : ` AND ${anyOf('device', group)}`
        const statement = `SELECT * FROM ${place} WHERE ${inSpan(from, to)}${chosen} GROUP BY "device", "division" ORDER BY time DESC LIMIT 1`
        const newest = new Map<string, Millis>()
        for await (const { tags, columns, values } of influxQl.select(statement))
          for (const row of values) {
            const device = tags['device'] ?? row[columns.indexOf('device')]
            const division = tags['division'] ?? row[columns.indexOf('division')]
            const t = row[columns.indexOf('time')]
            if (typeof device !== 'string' || typeof t !== 'number') continue
            if (t < (newest.get(device) ?? Number.NEGATIVE_INFINITY)) continue
            newest.set(device, t)
            found.set(`${type} ${device}`, typeof division === 'string' ? division : '')
          }
      }
    },
    of: (type, device) => told(type, device) ?? found.get(`${type} ${device}`) ?? '',
  }
}
