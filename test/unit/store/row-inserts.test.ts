import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { streetlight } from '../../../devices/streetlight/type.ts'
import { metricsOf } from '../../../src/core/device-type.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { prepareDaySchema, readingColumns } from '../../../src/store/embedded/day-schema.ts'
import { systemClock } from '../../../src/clock.ts'
import { openEmbeddedTelemetry } from '../../../src/store/embedded/embedded.ts'
import { blockOf, columnOf } from '../../../src/store/embedded/layout.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { createRowInserts } from '../../../src/store/embedded/row-inserts.ts'
import { NOON, reading } from '../../contracts/telemetry-readings.ts'
import { readingsOf } from '../../contracts/telemetry-rows.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

/** A reading's values: each present one tells its row and its metric. */
function valuesOf(present: readonly number[], row: number, count: number): number[] {
  return Array.from({ length: count }, (_, metric) =>
    present.includes(metric) ? row * 1000 + metric : Number.NaN,
  )
}

describe('createRowInserts', () => {
  it.each([
    ['few metrics', 5],
    ['as many as a set can hold', 52],
    ['more than a set can hold', 60],
  ])('puts every row in whole, whatever comes mixed, with %s', (_what, count) => {
    const metrics = Array.from({ length: count }, (_, metric) => `m${metric}`)
    // Few sets, so that some come often enough to get a statement, and more than may have one. Far ends of the list are not mixed up.
    const last = count - 1
    const set = fc.oneof(
      fc.constantFrom([], [0], [1, 2], [last], [0, last], [0, last - 1]),
      fc.uniqueArray(fc.nat(last), { maxLength: 4 }),
    )
    const run = fc.record({ set, rows: fc.integer({ min: 1, max: 50 }) })
    fc.assert(
      fc.property(fc.array(fc.array(run, { maxLength: 8 }), { maxLength: 4 }), (writes) => {
        const database = new DatabaseSync(':memory:')
        try {
          prepareDaySchema(database, ':memory:', metrics)
          const inserts = createRowInserts({ database, metrics, shapesMax: 2, rowsBeforeShape: 4 })
          const expected: (number | null)[][] = []
          for (const runs of writes) {
            for (const { set: present, rows } of runs)
              for (let left = rows; left > 0; left--) {
                const row = expected.length
                const values = valuesOf(present, row, count)
                const simulated = row % 3 === 0
                inserts.add(reading(1, NOON + row, {}, { values, simulated }), NOON + row, row % 7)
                expected.push([
                  blockOf(NOON + row),
                  row % 7,
                  NOON + row,
                  NOON + row + 100,
                  simulated ? 1 : 0,
                  ...values.map((value) => (Number.isNaN(value) ? null : value)),
                ])
              }
            inserts.flush()
            const stored = database.prepare('SELECT count(*) AS n FROM readings').get()
            expect(stored?.['n']).toBe(expected.length)
          }
          const rows = database
            .prepare(
              `SELECT block, device, ts, received_at, simulated, ${metrics.map(columnOf).join(', ')}
               FROM readings ORDER BY ts`,
            )
            .all()
          expect(rows.map((row) => Object.values(row))).toEqual(expected)
        } finally {
          database.close()
        }
      }),
      { numRuns: 30 },
    )
  })

  it('finds the column of a metric whose name has changed in case only', () => {
    const database = new DatabaseSync(':memory:')
    prepareDaySchema(database, ':memory:', ['magnetic_ut'])
    prepareDaySchema(database, ':memory:', ['magnetic_uT', 'power'])
    expect([...readingColumns(database)].slice(-2)).toEqual([
      columnOf('magnetic_uT'),
      columnOf('power'),
    ])
    database.close()
  })

  it('takes the whole transaction back when a row is there already', () => {
    const database = new DatabaseSync(':memory:')
    prepareDaySchema(database, ':memory:', ['power'])
    const inserts = createRowInserts({ database, metrics: ['power'] })
    database.exec('BEGIN')
    inserts.add(reading(1, NOON, {}, { values: [1] }), NOON, 1)
    inserts.flush()
    inserts.add(reading(2, NOON, {}, { values: [2] }), NOON, 1)
    expect(() => {
      inserts.flush()
    }).toThrow(/UNIQUE/)
    expect(database.isTransaction).toBe(false)
    expect(database.prepare('SELECT count(*) AS n FROM readings').get()?.['n']).toBe(0)
    database.close()
  })
})

describe('embedded telemetry store with readings that carry different metrics', () => {
  const metrics = metricsOf(streetlight).map((metric) => metric.id)
  const types = [streetlight]

  it('holds and counts the same as the store in memory', async () => {
    // Three sets that come often, and any other now and then.
    const set = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom([2, 3, 4, 7], [0], [0, 1, 2, 3, 4, 5, 6, 7, 8]) },
      { weight: 1, arbitrary: fc.subarray([...metrics.keys()]) },
    )
    const sample = fc.record({
      device: fc.constantFrom('A1', 'A2', 'A3'),
      set,
      value: fc.constantFrom(0, 1, 2.5),
      // Mostly forward; now and then the same time again, or one that is late.
      step: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 1, max: 4 }) },
        { weight: 1, arbitrary: fc.integer({ min: -30, max: 0 }) },
      ),
    })
    const write = fc.array(sample, { minLength: 1, maxLength: 1_200, size: 'max' })
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 2, maxLength: 4 }), async (writes) => {
        const { path, remove } = await makeTemporaryDirectory()
        const store = openEmbeddedTelemetry({ directory: path, types, clock: systemClock })
        const memory = createMemoryTelemetry({ types })
        try {
          let position = 0
          let ts = NOON
          for (const samples of writes) {
            const readings: Reading[] = samples.map((one) => ({
              ...reading(++position, (ts += one.step), {}),
              device: one.device,
              type: streetlight.id,
              values: valuesOf(one.set, 0, metrics.length).map((metric) => metric + one.value),
            }))
            for (const one of [store, store, memory])
              await one.write(readings, positionAt(position), ts)
            expect(store.counts()).toEqual(memory.counts())
          }
          const query = {
            type: streetlight.id,
            metrics: null,
            devices: null,
            from: NOON - 1_000_000,
            to: NOON + 1_000_000,
          }
          expect(await readingsOf(store, query)).toEqual(await readingsOf(memory, query))
        } finally {
          await store.close()
          await remove()
        }
      }),
      { numRuns: 12 },
    )
  })
})
