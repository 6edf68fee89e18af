// One day file as the readers hold it: read-only, and at home with files older than the type's definition.

import { numberIn } from '../sqlite/row.ts'
import { openForReading } from '../sqlite/open-database.ts'
import { createStatements } from '../sqlite/statements.ts'
import { readDayMeta, readingColumns } from './day-schema.ts'
import type { Stretch } from '../telemetry/fold-windows.ts'
import { columnOf } from './layout.ts'

export interface DayQuery {
  readonly device: string
  readonly metric: string
  readonly from: number
  readonly to: number
}

export interface DayReader {
  /** The oldest `limit` values of the span. */
  values(query: DayQuery, limit: number): readonly { readonly t: number; readonly v: number }[]
  /** The span's values summed up by whole steps since 1970, in order; steps without a value are left out. */
  stretches(query: DayQuery, step: number): readonly Stretch[]
  close(): void
}

/** Null when the file has no tables yet. Throws when it cannot be opened or a newer version wrote it. */
export function openDayReader(path: string): DayReader | null {
  const database = openForReading(path)
  try {
    if (readDayMeta(database, path) === null) {
      database.close()
      return null
    }
    const prepared = createStatements(database)
    let columns = readingColumns(database)

    /** The metric's column, or null when the file has none (yet: its writer may add it while we read). */
    function columnIn(metric: string): string | null {
      const column = columnOf(metric)
      if (!columns.has(column)) columns = readingColumns(database)
      return columns.has(column) ? column : null
    }

    function deviceNumber(device: string): number | null {
      const row = prepared('SELECT number FROM devices WHERE id = ?').get(device)
      return row === undefined ? null : numberIn(row, 'number')
    }

    return {
      values({ device, metric, from, to }, limit) {
        const column = columnIn(metric)
        const number = deviceNumber(device)
        if (column === null || number === null) return []
        return prepared(
          `SELECT ts AS t, ${column} AS v FROM readings
           WHERE ts >= ? AND ts < ? AND device = ? AND ${column} IS NOT NULL ORDER BY ts LIMIT ?`,
        )
          .all(from, to, number, limit)
          .map((row) => ({ t: numberIn(row, 't'), v: numberIn(row, 'v') }))
      },
      stretches({ device, metric, from, to }, step) {
        const column = columnIn(metric)
        const number = deviceNumber(device)
        if (column === null || number === null) return []
        return prepared(
          `WITH step AS (
             SELECT ts - ts % ?4 AS t, count(*) AS count, min(${column}) AS min, max(${column}) AS max,
               sum(${column}) AS sum, max(ts) AS last_ts
             FROM readings
             WHERE ts >= ?1 AND ts < ?2 AND device = ?3 AND ${column} IS NOT NULL GROUP BY 1)
           SELECT t, count, min, max, sum,
             (SELECT ${column} FROM readings WHERE ts = last_ts AND device = ?3) AS last
           FROM step ORDER BY t`,
        )
          .all(from, to, number, step)
          .map((row) => ({
            t: numberIn(row, 't'),
            count: numberIn(row, 'count'),
            min: numberIn(row, 'min'),
            max: numberIn(row, 'max'),
            sum: numberIn(row, 'sum'),
            last: numberIn(row, 'last'),
          }))
      },
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}
