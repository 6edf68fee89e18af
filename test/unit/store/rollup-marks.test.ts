import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinSummaries, summaryOf, type Summary } from '../../../src/core/telemetry/summary.ts'
import { createDirtyMarks, type MarkChange } from '../../../src/store/rollups/dirty-marks.ts'
import { createSummaryColumns } from '../../../src/store/rollups/summary-columns.ts'

const HOUR = 3_600_000

function marksWith(more: { devicesMax?: number; marksMax?: number } = {}) {
  return createDirtyMarks({ devicesMax: 3, marksMax: 100, marks: [], ...more })
}

describe('createDirtyMarks()', () => {
  it('takes more devices than its bound as all of the type', () => {
    const marks = marksWith()
    for (const device of ['a', 'b', 'c']) marks.add('1h', 'lamp', HOUR, device, 0)
    expect(marks.work('1h')[0]?.devices).toEqual(['a', 'b', 'c'])
    marks.add('1h', 'lamp', HOUR, 'd', 0)
    expect(marks.work('1h')[0]?.devices).toBeNull()
    expect(marks.count).toBe(1)
    expect(marks.starts('1h', 'lamp', ['z'])).toEqual([HOUR])
  })

  it('bounds the devices of all hours together', () => {
    const marks = marksWith({ marksMax: 4 })
    for (let hour = 0; hour < 20; hour++)
      for (const device of ['a', 'b']) marks.add('1h', 'lamp', hour * HOUR, device, 0)
    expect(marks.count).toBeLessThanOrEqual(20 + 4)
    expect(marks.work('1h').filter(({ devices }) => devices === null).length).toBeGreaterThan(15)
  })

  it('tells each change once, unless it could not be kept', () => {
    const marks = marksWith()
    marks.add('1h', 'lamp', HOUR, 'a', 0)
    const told = [
      { level: '1h', type: 'lamp', start: HOUR, devices: ['a'], replaces: false },
    ] satisfies MarkChange[]
    const first = marks.changes()
    expect(first.changes).toEqual(told)
    first.keep()
    expect(marks.changes().changes).toEqual(told)
    expect(marks.changes().changes).toEqual([])
  })

  it('leaves the ledger with all that is not known to be done, whatever the order of things', () => {
    const deed = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        hour: fc.nat({ max: 2 }),
        device: fc.constantFrom('a', 'b', 'c', 'd', 'e', null),
      }),
      fc.constant({ kind: 'work' as const }),
      fc.constant({ kind: 'settle' as const }),
      fc.record({ kind: fc.constant('save' as const), fails: fc.boolean() }),
      fc.constant({ kind: 'crash' as const }),
    )
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 40 }), fc.nat({ max: 6 }), (deeds, marksMax) => {
        let marks = marksWith({ marksMax })
        const ledger = new Map<number, Set<string | null>>()
        let settled = 0
        for (const deed of deeds) {
          if (deed.kind === 'add') marks.add('1h', 'lamp', deed.hour * HOUR, deed.device, 0)
          if (deed.kind === 'work') for (const work of marks.work('1h')) marks.finish(work)
          if (deed.kind === 'settle') marks.settle((settled = marks.moment))
          if (deed.kind === 'save') {
            const { changes, keep } = marks.changes()
            if (deed.fails) {
              keep()
              continue
            }
            for (const { start, devices, replaces } of changes) {
              const rows = replaces ? new Set<string | null>() : (ledger.get(start) ?? new Set())
              for (const device of devices ?? [null]) rows.add(device)
              ledger.set(start, rows)
            }
            for (const { start, devices } of marks.work('1h')) {
              const rows = ledger.get(start) ?? new Set()
              for (const device of devices ?? [null])
                expect(rows.has(device) || rows.has(null)).toBe(true)
            }
            if (settled === marks.moment && marks.count === 0)
              expect([...ledger.values()].every((rows) => rows.size === 0)).toBe(true)
          }
          if (deed.kind === 'crash') {
            const kept = [...ledger].flatMap(([start, rows]) =>
              [...rows].map((device) => ({
                level: '1h' as const,
                type: 'lamp',
                start,
                devices: device === null ? null : [device],
                reach: 0,
              })),
            )
            marks = createDirtyMarks({ devicesMax: 3, marksMax, marks: kept })
            settled = 0
          }
        }
      }),
    )
  })
})

describe('createSummaryColumns()', () => {
  const values = fc.constantFrom(0, -2, 3.5, 998, 99_998, Number.NaN)
  const addition = fc.record({
    slot: fc.nat({ max: 40 }),
    values: fc.tuple(values, values),
    isJoined: fc.boolean(),
  })

  it('holds what joined summaries say, however it has grown', () => {
    fc.assert(
      fc.property(fc.array(addition, { maxLength: 120 }), (additions) => {
        const columns = createSummaryColumns({ isCounter: [true, false] })
        const wanted = new Map<number, (Summary | null)[]>()
        for (const { slot, values, isJoined } of additions) {
          const one = values.map((value) => {
            if (Number.isNaN(value)) return null
            // A window of two values, the second of which is 1 higher.
            return isJoined
              ? joinSummaries(summaryOf(value), summaryOf(value + 1))
              : summaryOf(value)
          })
          if (isJoined) columns.join(slot, one)
          else columns.add(slot, values)
          const before = wanted.get(slot) ?? [null, null]
          wanted.set(
            slot,
            before.map((summary, metric) => {
              const after = one[metric] ?? null
              return summary && after ? joinSummaries(summary, after) : (after ?? summary)
            }),
          )
        }
        for (const [slot, summaries] of wanted) {
          const [counter, other] = summaries
          const kept = [counter ?? null, other ? { ...other, first: Number.NaN, gained: 0 } : null]
          expect(columns.summaries(slot)).toEqual(counter || other ? kept : null)
          columns.clear(slot)
          expect(columns.summaries(slot)).toBeNull()
        }
      }),
    )
  })

  it('takes no more room than it is given, and gives all of it back', () => {
    let taken = 0
    const columns = createSummaryColumns({ isCounter: [true] }, (numbers) => {
      if (taken + numbers > 500) return false
      taken += numbers
      return true
    })
    let slot = 0
    while (columns.add(slot, [1]) && columns.add(slot, [2])) slot++
    expect(slot).toBeGreaterThan(16)
    expect(taken).toBeLessThanOrEqual(500)
    columns.release()
    expect(taken).toBe(0)
  })
})
