// The part of the telemetry stores' suite on reading raw rows: bounds, devices, metrics, batches, order, and reads side by side.

import { expect, it } from 'vitest'
import { metricsOf } from '../../src/core/device-type.ts'
import { positionAt } from '../../src/core/position.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import type { RowQuery, TelemetryStore } from '../../src/ports.ts'
import { cover, DAY, lamp, MINUTE, NOON, reading, rowQuery } from './telemetry-readings.ts'
import { readingsOf, valuesOf } from './telemetry-rows.ts'
import type { TelemetryCases } from './telemetry-store.ts'
import { LATER } from './telemetry-store-writes.ts'

const at = positionAt

export function telemetryReadingCases({ subject }: TelemetryCases): void {
  it('has no rows of a device, a type and a span without readings', async () => {
    const { store } = await subject()
    expect(await readingsOf(store, rowQuery())).toEqual([])
    expect(await readingsOf(store, rowQuery({ devices: ['nobody'] }))).toEqual([])
    await store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
    for (const nothing of [
      { devices: ['nobody'] },
      { devices: [] },
      { metrics: ['snr'] },
      { to: NOON },
      { from: NOON + 1 },
      { type: cover.id, metrics: ['tilt'] },
    ] satisfies Partial<RowQuery>[])
      expect(await readingsOf(store, rowQuery(nothing))).toEqual([])
    expect(await valuesOf(store, rowQuery({ devices: ['nobody', 'L1'] }))).toEqual([[NOON, 1]])
  })

  it('takes from inclusive and to exclusive, to the millisecond', async () => {
    const { store } = await subject()
    const midnight = Date.UTC(2026, 10, 2)
    const times = [midnight - 2, midnight - 1, midnight, midnight + 1]
    await store.write(
      times.map((ts, n) => reading(n + 1, ts, { power: n })),
      at(4),
      LATER,
    )
    for (const [first, from] of times.entries())
      for (const [last, to] of times.entries())
        if (last > first)
          expect(await valuesOf(store, rowQuery({ from, to }))).toEqual(
            times.map((ts, n) => [ts, n]).slice(first, last),
          )
  })

  it('gives all metrics of the type in their order when none are named', async () => {
    const { store } = await subject()
    await store.write([reading(1, NOON, { lamp_on: 1, snr: 7 })], at(1), LATER)
    const [row] = await readingsOf(store, rowQuery({ metrics: null }))
    expect(row?.values).toEqual(
      metricsOf(lamp).map(({ id }) => ({ lamp_on: 1, snr: 7 })[id] ?? Number.NaN),
    )
  })

  it('gives each device in order of time, whatever order they were written in', async () => {
    const { store } = await subject()
    const written: Reading[] = []
    for (let n = 0; n < 300; n++)
      written.push(
        reading(
          n + 1,
          NOON + ((n * 7_919) % 300) * 11 * MINUTE,
          { power: n },
          { device: `L${n % 3}` },
        ),
      )
    for (let start = 0; start < 300; start += 100)
      await store.write(written.slice(start, start + 100), at(start + 100), LATER)
    for (const devices of [null, ['L0', 'L2'], ['L2', 'L0', 'L1']]) {
      const chosen = devices ?? ['L0', 'L1', 'L2']
      expect(await readingsOf(store, rowQuery({ devices }))).toEqual(
        written
          .filter(({ device }) => chosen.includes(device))
          .sort((a, b) => a.device.localeCompare(b.device) || a.ts - b.ts)
          .map(({ device, ts, values }) => ({
            device,
            ts,
            simulated: false,
            values: [values[0]],
          })),
      )
    }
  })

  it('finds a thousand devices among more, and a few among a thousand', async () => {
    const { store } = await subject()
    const name = (n: number) => `L${String(n).padStart(4, '0')}`
    const readings = Array.from({ length: 2_400 }, (_, n) =>
      reading(n + 1, NOON + Math.floor(n / 1_200) * DAY, { power: n }, { device: name(n % 1_200) }),
    )
    await store.write(readings, at(2_400), LATER)
    for (const step of [1, 2, 400]) {
      const wanted = Array.from({ length: Math.min(1_000, 1_200 / step) }, (_, n) => n * step)
      expect(
        (await readingsOf(store, rowQuery({ devices: wanted.map(name) }))).map(
          ({ device, values: [power] }) => [device, power],
        ),
      ).toEqual(
        wanted.flatMap((n) => [
          [name(n), n],
          [name(n), n + 1_200],
        ]),
      )
    }
  })

  it('gives many rows in batches and lets others run in between', async () => {
    const { store } = await subject()
    await writeMany(store, 12_000)
    let batches = 0
    let turns = 0
    let isOver = false
    const turn = (): void => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    const lastSeen: number[] = []
    for await (const batch of store.readings(rowQuery())) {
      if (batch.length > 0) batches++
      lastSeen.push(turns)
    }
    isOver = true
    expect(batches).toBeGreaterThan(2)
    expect(lastSeen.at(-1)).toBeGreaterThan(lastSeen[0] ?? 0)
    expect(await readingsOf(store, rowQuery())).toHaveLength(12_000)
  })

  it('ends a read whose reader wants no more, and goes on', async () => {
    const { store } = await subject()
    await writeMany(store, 12_000)
    for await (const batch of store.readings(rowQuery())) {
      expect(batch.length).toBeGreaterThan(0)
      break
    }
    await store.write([reading(12_001, NOON - DAY, { power: -1 })], at(12_001), LATER)
    expect(await valuesOf(store, rowQuery({ to: NOON }))).toEqual([[NOON - DAY, -1]])
  })

  it('serves several reads side by side, and a write among them', async () => {
    const { store } = await subject()
    await writeMany(store, 9_000)
    const devices = ['L0', 'L1', 'L2']
    const [all, write, ...each] = await Promise.all([
      readingsOf(store, rowQuery({ to: NOON + DAY })),
      store.write([reading(9_001, NOON + 2 * DAY, { power: 1 })], at(9_001), LATER),
      ...devices.map((device) =>
        readingsOf(store, rowQuery({ devices: [device], to: NOON + DAY })),
      ),
    ])
    expect(write).toBeUndefined()
    expect(all).toHaveLength(9_000)
    expect(each.flat()).toEqual(all)
    expect(await readingsOf(store, rowQuery())).toHaveLength(9_001)
  })

  it('knows how far its readings reach', async () => {
    const { store } = await subject()
    expect(await store.extent()).toBeNull()
    const [oldest, newest] = [NOON - 9 * DAY, NOON + 3 * DAY]
    await store.write(
      [
        reading(1, NOON, { power: 1 }),
        reading(2, newest, { tilt: 1 }, { device: 'C1', type: cover.id }),
        reading(3, oldest, { power: 1 }, { device: 'L2' }),
      ],
      at(3),
      LATER,
    )
    const extent = await store.extent()
    expect(extent?.from).toBeGreaterThan(oldest - DAY)
    expect(extent?.from).toBeLessThanOrEqual(oldest)
    expect(extent?.to).toBeGreaterThanOrEqual(newest)
    expect(extent?.to).toBeLessThanOrEqual(newest + DAY)
  })

  it.each([
    ['a metric the type does not have', { metrics: ['tilt'] }],
    ['a type there is not', { type: 'spaceship' }],
  ] satisfies [string, Partial<RowQuery>][])('refuses to read %s', async (_what, wrong) => {
    const { store } = await subject()
    await expect(readingsOf(store, rowQuery(wrong))).rejects.toThrow(RangeError)
  })
}

/** Readings of three devices, a second apart, from noon on. */
async function writeMany(store: TelemetryStore, count: number): Promise<void> {
  const readings = Array.from({ length: count }, (_, n) =>
    reading(n + 1, NOON + Math.floor(n / 3) * 1000, { power: n }, { device: `L${n % 3}` }),
  )
  for (let start = 0; start < count; start += 4_000)
    await store.write(
      readings.slice(start, start + 4_000),
      at(Math.min(count, start + 4_000)),
      LATER,
    )
}
