// What is the memory store's own; the contract is tested in `telemetry-contract.test.ts`.

import { describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { summaryOf } from '../../../src/core/telemetry/summary.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { contractTypes, lamp, NOON, reading, rowQuery } from '../../contracts/telemetry-store.ts'

const DAY = 86_400_000
const counting = () => createMemoryTelemetry({ types: contractTypes, keep: false })

describe('createMemoryTelemetry({ keep: false })', () => {
  it('counts repetitions, also unordered ones, and keeps nothing', async () => {
    const store = counting()
    const times = [0, 2, 1, 2, 1, 3, 0]
    await store.write(
      times.map((step, index) => reading(index + 1, NOON + step, { power: index })),
      positionAt(times.length),
      NOON,
    )
    await store.putWindows('1m', lamp.id, [
      { device: 'L1', start: NOON, simulated: false, summaries: [summaryOf(1)] },
    ])
    expect(store.counts()).toEqual({ stored: 4, duplicate: 3, revised: 0, refused: 0 })
    expect(await Array.fromAsync(store.readings(rowQuery()))).toEqual([])
    expect(await Array.fromAsync(store.windows('1m', rowQuery()))).toEqual([])
    expect(await store.extent()).toBeNull()
    expect(await store.expired('raw', lamp.id, NOON + DAY)).toEqual([])
  })

  it('knows the newest 1,024 times of a device and forgets the oldest', async () => {
    const store = counting()
    const write = (position: number, ts: number) =>
      store.write([reading(position, ts, { power: 1 })], positionAt(position), ts)
    for (let n = 1; n <= 5_000; n++) await write(n, NOON + n)
    await write(5_001, NOON + 5_000 - 1_000)
    expect(store.counts()).toMatchObject({ stored: 5_000, duplicate: 1 })
    await write(5_002, NOON + 1)
    expect(store.counts()).toMatchObject({ stored: 5_001, duplicate: 1 })
  })
})

describe('createMemoryTelemetry()', () => {
  it('drops windows that have ended before the moment, and no others', async () => {
    const store = createMemoryTelemetry({ types: contractTypes })
    const days = [0, 1, 2].map((n) => NOON + n * DAY)
    await store.putWindows(
      '1d',
      lamp.id,
      days.map((start) => ({
        device: 'L1',
        start,
        simulated: false,
        summaries: [summaryOf(1), null, null, null, null, null, null],
      })),
    )
    const left = async () =>
      (await Array.fromAsync(store.windows('1d', rowQuery()))).flat().map((row) => row.start)
    await store.drop('1d', lamp.id, NOON + DAY - 1)
    expect(await left()).toEqual(days)
    // A day may have an hour more: the first has surely ended when the second has begun two hours ago.
    const [gone] = await store.drop('1d', lamp.id, NOON + DAY + 7_200_000)
    expect(gone).toMatchObject({ level: '1d', from: NOON, rows: 1, where: 'memory' })
    expect(await left()).toEqual(days.slice(1))
  })

  it('keeps the mark of a simulated reading when a real one takes its place', async () => {
    const store = createMemoryTelemetry({ types: contractTypes })
    await store.write(
      [
        reading(1, NOON, { power: 1 }, { simulated: true }),
        reading(2, NOON, { power: 2 }),
        reading(3, NOON + 1, { power: 3 }),
      ],
      positionAt(3),
      NOON,
    )
    expect((await Array.fromAsync(store.readings(rowQuery()))).flat()).toEqual([
      { device: 'L1', ts: NOON, simulated: true, values: [2] },
      { device: 'L1', ts: NOON + 1, simulated: false, values: [3] },
    ])
  })

  it('says that it is ready', () => {
    expect(counting().state()).toMatchObject({ kind: 'memory', state: 'ready' })
  })
})
