// Sorts new rows by the metrics they carry, so that each goes into a statement of its shape. Only shapes that come often get one of
// their own, and only so many: the others share a statement of all columns.

import type { DatabaseSync } from 'node:sqlite'
import type { Reading } from '../../core/messages/reading.ts'
import { columnOf } from './layout.ts'
import { createShapeInsert, type ShapeInsert } from './shape-insert.ts'

export interface RowInserts {
  /** Takes a row whose device and time are not in the file, in a transaction. */
  add(reading: Reading, ts: number, device: number): void
  /** Inserts what has not been yet; to be called before the transaction ends. When it or `add` throws, this is of no more use. */
  flush(): void
}

export interface RowInsertsOptions {
  readonly database: DatabaseSync
  readonly metrics: readonly string[]
  /** Shapes with a statement of their own. */
  readonly shapesMax?: number
  /** A statement of its own has paid for being prepared after about as many rows again. */
  readonly rowsBeforeShape?: number
}

/** Beyond, a set of metrics is no exact number any more, and all rows share one statement. */
const METRICS_MAX = 52

/** How many rare shapes are counted before counting begins anew. */
const RARE_MAX = 1_000

interface Shape {
  readonly insert: ShapeInsert
  /** How many flushes there had been when it was last used. A shape used since the newest one may hold rows. */
  usedAt: number
}

export function createRowInserts(options: RowInsertsOptions): RowInserts {
  const { database, metrics, shapesMax = 16, rowsBeforeShape = 200 } = options
  const columns = metrics.map(columnOf)
  const everything = createShapeInsert(database, columns, [...columns.keys()])
  const shapes = new Map<number, Shape>()
  /** Rows so far, by shape. */
  const rare = new Map<number, number>()
  let flushes = 0
  let newestKey = -1
  let newest = everything

  function insertFor(key: number, reading: Reading): ShapeInsert {
    const shape = shapes.get(key)
    if (shape !== undefined) {
      shape.usedAt = flushes
      return shape.insert
    }
    const rows = (rare.get(key) ?? 0) + 1
    if (rows < rowsBeforeShape || !makeRoom()) {
      if (rare.size >= RARE_MAX) rare.clear()
      rare.set(key, rows)
      return everything
    }
    rare.delete(key)
    const carried = [...columns.keys()].filter((index) => isPresent(reading.values[index]))
    const insert = createShapeInsert(database, columns, carried)
    shapes.set(key, { insert, usedAt: flushes })
    return insert
  }

  /** Drops the shape not used for longest if there are too many; false when each may hold rows. */
  function makeRoom(): boolean {
    if (shapes.size < shapesMax) return true
    let oldest = flushes
    let oldestKey = -1
    for (const [key, shape] of shapes)
      if (shape.usedAt < oldest) {
        oldest = shape.usedAt
        oldestKey = key
      }
    return shapes.delete(oldestKey)
  }

  return {
    add(reading, ts, device) {
      if (columns.length > METRICS_MAX) {
        everything.add(reading, ts, device)
        return
      }
      const key = keyOf(reading.values)
      // Neighbours are mostly alike.
      if (key !== newestKey) {
        newest = insertFor(key, reading)
        newestKey = shapes.has(key) ? key : -1
      }
      newest.add(reading, ts, device)
    },
    flush() {
      everything.flush()
      for (const shape of shapes.values()) shape.insert.flush()
      flushes++
      newestKey = -1
    },
  }
}

/** The set of metrics present as one number, a bit for each. */
function keyOf(values: readonly number[]): number {
  let key = 0
  for (const value of values) key = key * 2 + (Number.isNaN(value) ? 0 : 1)
  return key
}

function isPresent(value: number | undefined): boolean {
  return value !== undefined && !Number.isNaN(value)
}
