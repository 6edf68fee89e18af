// The part of the telemetry stores' suite on writing: what is kept, what merges, what is counted, what a repeated write changes.

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { positionAt } from '../../src/core/position.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import type { TelemetryCounts } from '../../src/ports.ts'
import { cover, DAY, HOUR, MINUTE, NOON, reading, rowQuery } from './telemetry-readings.ts'
import { readingsOf, valuesOf } from './telemetry-rows.ts'
import type { TelemetryCases } from './telemetry-store.ts'

const at = positionAt

/** Later than every reading of the suite, as the pipeline tells it. */
export const LATER = NOON + 400 * DAY

export function countsOf(counts: Partial<TelemetryCounts>): TelemetryCounts {
  return { stored: 0, duplicate: 0, revised: 0, refused: 0, ...counts }
}

export function telemetryWriteCases({ options, subject, reopened }: TelemetryCases): void {
  it('gives back what was written, by device and metric, and counts it', async () => {
    const { store } = await subject()
    await store.write(
      [
        reading(1, NOON, { power: 92.5, lamp_on: 1 }),
        reading(2, NOON, { power: 10 }, { device: 'L2' }),
        reading(3, NOON, { tilt: 4.25 }, { device: 'C1', type: cover.id }),
        reading(4, NOON + MINUTE, { lamp_on: 0, battery_pct: 87 }),
      ],
      at(4),
      LATER,
    )
    expect(store.counts()).toEqual(countsOf({ stored: 4 }))
    expect(await readingsOf(store, rowQuery())).toEqual([
      { device: 'L1', ts: NOON, simulated: false, values: [92.5] },
      { device: 'L2', ts: NOON, simulated: false, values: [10] },
    ])
    const metrics = ['battery_pct', 'lamp_on']
    expect(await readingsOf(store, rowQuery({ devices: ['L1'], metrics }))).toEqual([
      { device: 'L1', ts: NOON, simulated: false, values: [Number.NaN, 1] },
      { device: 'L1', ts: NOON + MINUTE, simulated: false, values: [87, 0] },
    ])
    expect(await valuesOf(store, rowQuery({ type: cover.id, metrics: ['tilt'] }))).toEqual([
      [NOON, 4.25],
    ])
  })

  it('merges readings of the same device and time, the later one wins', async () => {
    const { store } = await subject()
    await store.write([reading(1, NOON, { power: 1, lamp_on: 1 })], at(1), LATER)
    await store.write([reading(2, NOON, { power: 2 })], at(2), LATER)
    await store.write([reading(3, NOON, { battery_pct: 50 })], at(3), LATER)
    expect(
      await readingsOf(store, rowQuery({ metrics: ['power', 'lamp_on', 'battery_pct'] })),
    ).toEqual([{ device: 'L1', ts: NOON, simulated: false, values: [2, 1, 50] }])
    expect(store.counts()).toEqual(countsOf({ stored: 1, duplicate: 2, revised: 2 }))
  })

  it('counts a repetition as duplicate and changes nothing', async () => {
    const { store } = await subject()
    await store.write([reading(1, NOON, { power: 1, lamp_on: 0 })], at(1), LATER)
    await store.write([reading(2, NOON, { power: 1, lamp_on: 0 })], at(2), LATER)
    await store.write([reading(3, NOON, { power: 1 })], at(3), LATER)
    expect(store.counts()).toEqual(countsOf({ stored: 1, duplicate: 2 }))
    expect(await valuesOf(store, rowQuery())).toEqual([[NOON, 1]])
  })

  it('merges within one write, also among readings of one position', async () => {
    const { store } = await subject()
    await store.write(
      [
        reading(1, NOON, { power: 1 }),
        reading(1, NOON, { power: 2 }),
        reading(1, NOON - MINUTE, { power: 3 }),
        reading(2, NOON, { lamp_on: 1 }),
        reading(2, NOON - MINUTE, { power: 3 }),
      ],
      at(2),
      LATER,
    )
    expect(store.counts()).toEqual(countsOf({ stored: 2, duplicate: 3, revised: 2 }))
    expect(await valuesOf(store, rowQuery())).toEqual([
      [NOON - MINUTE, 3],
      [NOON, 2],
    ])
  })

  it('puts late and unordered readings where they belong, over days', async () => {
    const { store } = await subject()
    const times = [NOON, NOON - 7 * DAY, NOON - HOUR, NOON + 1, NOON - 7 * DAY - 1, NOON - DAY]
    for (const [index, ts] of times.entries())
      await store.write([reading(index + 1, ts, { power: index })], at(index + 1), LATER)
    expect(store.counts()).toEqual(countsOf({ stored: times.length }))
    expect(await valuesOf(store, rowQuery())).toEqual(
      times.map((t, v) => [t, v]).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
    )
  })

  it('knows a late reading it has, among those it has not', async () => {
    const { store } = await subject()
    const times = [0, 10, 20, 30].map((hours) => NOON + hours * HOUR)
    await store.write(
      times.map((ts, index) => reading(index + 1, ts, { power: index })),
      at(4),
      LATER,
    )
    await store.write(
      [
        reading(5, NOON + 10 * HOUR, { power: 1 }),
        reading(5, NOON + 15 * HOUR, { power: 8 }),
        reading(6, NOON + 20 * HOUR, { power: 9 }),
        reading(6, NOON + 20 * HOUR, { power: 9 }, { device: 'L2' }),
      ],
      at(6),
      LATER,
    )
    expect(store.counts()).toEqual(countsOf({ stored: 6, duplicate: 2, revised: 1 }))
    expect(
      (await valuesOf(store, rowQuery({ devices: ['L1'] }))).map(([, power]) => power),
    ).toEqual([0, 1, 8, 9, 3])
  })

  it('skips what it has applied before, also in another cut and with more behind it', async () => {
    const { store } = await subject()
    const readings = [1, 2, 3, 4, 5, 6].map((n) => reading(n, NOON + n * 10 * HOUR, { power: n }))
    await store.write(readings.slice(0, 4), at(4), LATER)
    const counts = store.counts()
    await store.write(readings.slice(0, 2), at(2), LATER)
    await store.write(readings.slice(1, 4), at(4), LATER)
    expect(store.counts()).toEqual(counts)
    await store.write(readings.slice(2), at(6), LATER)
    expect(store.counts()).toEqual(countsOf({ stored: 6 }))
    expect(await valuesOf(store, rowQuery())).toHaveLength(6)
  })

  it('does not let an old write put back an old value', async () => {
    const { store } = await subject()
    await store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
    await store.write([reading(2, NOON, { power: 2 })], at(2), LATER)
    await store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
    expect(await valuesOf(store, rowQuery())).toEqual([[NOON, 2]])
  })

  if (options.keeps)
    it('keeps readings, counts and positions when it is opened again', async () => {
      const first = await subject()
      const readings = [
        reading(1, NOON - 3 * DAY, { power: 1 }),
        reading(2, NOON, { power: 2 }),
        reading(3, NOON, { power: 3 }),
      ]
      await first.store.write(readings, at(3), LATER)
      const second = await reopened(first)
      expect(second.store.counts()).toEqual(countsOf({ stored: 2, duplicate: 1, revised: 1 }))
      await second.store.write(readings, at(3), LATER)
      await second.store.write([...readings, reading(4, NOON, { power: 3 })], at(4), LATER)
      expect(second.store.counts()).toEqual(countsOf({ stored: 2, duplicate: 2, revised: 1 }))
      expect(await valuesOf(second.store, rowQuery())).toEqual([
        [NOON - 3 * DAY, 1],
        [NOON, 3],
      ])
    })

  it('marks what was simulated, and nothing beside it', async () => {
    const { store } = await subject()
    await store.write(
      [
        reading(1, NOON, { power: 1 }, { simulated: true }),
        reading(2, NOON + MINUTE, { power: 2 }),
        reading(3, NOON, { power: 3 }, { device: 'L2' }),
      ],
      at(3),
      LATER,
    )
    expect(
      (await readingsOf(store, rowQuery())).map(({ device, simulated }) => [device, simulated]),
    ).toEqual([
      ['L1', true],
      ['L1', false],
      ['L2', false],
    ])
  })

  it('keeps numbers to the last digit', async () => {
    const { store } = await subject()
    const numbers = [0.1 + 0.2, 1 / 3, -1e-7, 1e21, 123_456_789.987_654_3, 5, -0.5, 2 ** 53 - 1]
    await store.write(
      numbers.map((power, n) => reading(n + 1, NOON + n, { power })),
      at(numbers.length),
      LATER,
    )
    expect((await valuesOf(store, rowQuery())).map(([, power]) => power)).toEqual(numbers)
  })

  it('keeps devices of one name in two types apart, and the name as it is', async () => {
    const { store } = await subject()
    const names = ['A', 'a', 'A.1', 'A_1-x', '0', 'x'.repeat(64)]
    await store.write(
      [
        ...names.map((device, n) => reading(n + 1, NOON, { power: n }, { device })),
        ...names.map((device, n) =>
          reading(n + 7, NOON, { tilt: 100 + n }, { device, type: cover.id }),
        ),
      ],
      at(12),
      LATER,
    )
    for (const [n, device] of names.entries()) {
      expect(await readingsOf(store, rowQuery({ devices: [device] }))).toMatchObject([
        { device, values: [n] },
      ])
      expect(
        await valuesOf(store, rowQuery({ type: cover.id, metrics: ['tilt'], devices: [device] })),
      ).toEqual([[NOON, 100 + n]])
    }
  })

  it('gives the readings of a device that has moved in order, each once', async () => {
    const { store } = await subject()
    const moved = { division: '150821' }
    await store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
    await store.write(
      [reading(2, NOON + MINUTE, { power: 2 }, moved), reading(3, NOON, { power: 3 }, moved)],
      at(3),
      LATER,
    )
    expect(store.counts()).toEqual(countsOf({ stored: 2, duplicate: 1, revised: 1 }))
    expect(await valuesOf(store, rowQuery())).toEqual([
      [NOON, 3],
      [NOON + MINUTE, 2],
    ])
  })

  it('takes an empty write, and sync at any time', async () => {
    const { store } = await subject()
    await store.sync()
    await store.write([], at(5), LATER)
    await store.sync()
    await store.write([reading(6, NOON, { power: 1 })], at(6), LATER)
    await store.sync()
    await store.sync()
    expect(store.counts()).toEqual(countsOf({ stored: 1 }))
    expect(store.state()).toMatchObject({ state: 'ready' })
  })

  it.each([
    ['an unknown type', reading(1, NOON, { power: 1 }, { type: 'spaceship' })],
    ['another number of values', reading(1, NOON, {}, { values: [1, 2] })],
    ['no time', reading(1, Number.NaN, { power: 1 })],
    ['a position behind the write', reading(2, NOON, { power: 1 })],
  ])('refuses a reading with %s and keeps nothing of that write', async (_what, wrong) => {
    const { store } = await subject()
    const good = reading(1, NOON, { power: 1 })
    await expect(store.write([good, wrong], at(1), LATER)).rejects.toThrow(RangeError)
    expect(await valuesOf(store, rowQuery())).toEqual([])
    await store.write([good], at(1), LATER)
    expect(store.counts()).toEqual(countsOf({ stored: 1 }))
  })

  it('holds the same as a table of cells, whatever is written, and counts it exactly', async () => {
    const sample = fc
      .record({
        device: fc.constantFrom('L1', 'L2'),
        ts: fc.integer({ min: 0, max: 6 }).map((step) => NOON + step * 5 * HOUR),
        power: fc.constantFrom(Number.NaN, 0, 1),
        lamp_on: fc.constantFrom(Number.NaN, 0, 1),
      })
      .filter(({ power, lamp_on }) => !(Number.isNaN(power) && Number.isNaN(lamp_on)))
    const write = fc.record({
      samples: fc.array(sample, { maxLength: 30 }),
      after: fc.constantFrom('nothing', 'repeat', 'reopen'),
    })
    let current = await subject()
    const expected = { stored: 0, duplicate: 0, revised: 0, refused: 0 }
    let position = 0
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 6 }), async (writes) => {
        // Devices of its own for every run keep the runs apart in one store.
        run++
        const rows = new Map<string, Row>()
        for (const { samples, after } of writes) {
          const readings = samples.map((one): Reading => {
            const device = `${one.device}-${run}`
            merge(rows, expected, { ...one, device })
            const { power, lamp_on } = one
            return reading(++position, one.ts, { power, lamp_on }, { device })
          })
          await current.store.write(readings, at(++position), LATER)
          if (after === 'reopen' && options.keeps) current = await reopened(current)
          if (after !== 'nothing') await current.store.write(readings, at(position), LATER)
        }
        expect(current.store.counts()).toEqual(expected)
        const devices = [`L1-${run}`, `L2-${run}`]
        const metrics = ['power', 'lamp_on']
        expect(await readingsOf(current.store, rowQuery({ devices, metrics }))).toEqual(
          [...rows.values()]
            .sort((a, b) => a.device.localeCompare(b.device) || a.ts - b.ts)
            .map(({ device, ts, power, lamp_on }) => ({
              device,
              ts,
              simulated: false,
              values: [power, lamp_on],
            })),
        )
      }),
      { numRuns: options.runs ?? 25 },
    )
  })
}

interface Row {
  readonly device: string
  readonly ts: number
  power: number
  lamp_on: number
}

/** Does to the table what the write must do to the store. */
function merge(
  rows: Map<string, Row>,
  counts: { stored: number; duplicate: number; revised: number },
  one: Row,
): void {
  const key = `${one.device} ${one.ts}`
  const row = rows.get(key)
  if (row === undefined) {
    rows.set(key, { ...one })
    counts.stored++
    return
  }
  const before = JSON.stringify(row)
  if (!Number.isNaN(one.power)) row.power = one.power
  if (!Number.isNaN(one.lamp_on)) row.lamp_on = one.lamp_on
  counts.duplicate++
  if (JSON.stringify(row) !== before) counts.revised++
}
