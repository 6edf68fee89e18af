// Where readings and windows stand in an InfluxDB, by one naming rule that all generations understand: database `iot` and retention
// policy `r1m` of 1.x is bucket `iot/r1m` of 2.x and database `iot/r1m` of 3.

import type { RollupLevel, TelemetryLevel } from '../../ports.ts'

/** Of raw readings. 1.x makes it with the database; 2.x and 3 take it for the bucket that has no slash. */
export const RAW_POLICY = 'autogen'

export interface Place {
  /** As InfluxQL names it: `"db"."rp"."measurement"`. */
  readonly db: string
  readonly rp: string
  /** As `/api/v2` names it. */
  readonly bucket: string
  readonly measurement: string
}

export interface Target {
  readonly database: string
  readonly organisation: string | null
  measurement(level: TelemetryLevel, type: string): Place
}

/** What 2.x keeps for itself, what parts a database from its policy, and what no name should be made of. */
const BAD_NAME = /^_|["'\\/\p{Cc}]|^\s|\s$/u
const NAME_CHARS_MAX = 64

/** Throws RangeError when the name cannot be that of a database and a bucket of all generations. */
export function createTarget(database: string, organisation: string | null): Target {
  if (database === '' || database.length > NAME_CHARS_MAX || BAD_NAME.test(database))
    throw new RangeError(
      `Cannot keep telemetry in the bucket "${database}": expected 1 to ${NAME_CHARS_MAX} characters without slashes, quotes and a leading "_"`,
    )
  return {
    database,
    organisation,
    measurement: (level, type) => ({
      db: database,
      rp: policyOf(level),
      bucket: bucketOf(database, level),
      measurement: level === 'raw' ? type : `${type}_${level}`,
    }),
  }
}

export function policyOf(level: TelemetryLevel): 'autogen' | `r${RollupLevel}` {
  return level === 'raw' ? RAW_POLICY : `r${level}`
}

export function bucketOf(database: string, level: TelemetryLevel): string {
  return level === 'raw' ? database : `${database}/${policyOf(level)}`
}
