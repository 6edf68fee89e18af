// Inserts new rows that all carry the same metrics, many in one statement that names only those columns: most readings carry few
// of their type's metrics, and binding an absent value costs as much as a value.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Reading } from '../../core/messages/reading.ts'
import { blockOf, KEY_COLUMNS } from './layout.ts'

/** Rows of one statement, largest first: beyond 40 the gain per row is gone. Rows left over at the end take the smaller ones. */
const STATEMENT_ROWS = [40, 8, 1] as const

/** SQLite's own limit. */
const PARAMETERS_MAX = 32_766

export interface ShapeInsert {
  /** Takes a row whose device and time are not in the file. It is inserted when enough have gathered, or by `flush`. */
  add(reading: Reading, ts: number, device: number): void
  flush(): void
}

/** `carried` are the indices of the metrics, in a reading's values, that the rows may carry; `columns` all metrics' columns. */
export function createShapeInsert(
  database: DatabaseSync,
  columns: readonly string[],
  carried: readonly number[],
): ShapeInsert {
  const names = [...KEY_COLUMNS, ...columns.filter((_, index) => carried.includes(index))]
  const width = names.length
  const sizes = STATEMENT_ROWS.filter((rows) => rows * width <= PARAMETERS_MAX)
  const limit = (sizes[0] ?? 1) * width
  const statements = new Map<number, StatementSync>()
  /** One array for all rows: filled, handed over and filled again. */
  const parameters: SQLInputValue[] = Array<SQLInputValue>(limit).fill(null)
  let length = 0

  function statementOf(rows: number): StatementSync {
    const known = statements.get(rows)
    if (known !== undefined) return known
    const row = `(${Array(width).fill('?').join(', ')})`
    // Whatever fails here takes the whole transaction back. Saying so spares SQLite a journal of each statement.
    const statement = database.prepare(
      `INSERT OR ROLLBACK INTO readings (${names.join(', ')}) VALUES ${Array(rows).fill(row).join(', ')}`,
    )
    statements.set(rows, statement)
    return statement
  }

  return {
    add(reading, ts, device) {
      parameters[length++] = blockOf(ts)
      parameters[length++] = device
      parameters[length++] = ts
      parameters[length++] = reading.receivedAt
      parameters[length++] = reading.simulated ? 1 : 0
      const { values } = reading
      // SQLite keeps NaN as NULL, which is what absent means in both.
      for (const index of carried) parameters[length++] = values[index] ?? Number.NaN
      if (length < limit) return
      statementOf(limit / width).run(...parameters)
      length = 0
    },
    flush() {
      let from = 0
      for (const rows of sizes)
        for (; length - from >= rows * width; from += rows * width)
          statementOf(rows).run(...parameters.slice(from, from + rows * width))
      length = 0
    },
  }
}
