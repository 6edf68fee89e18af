import { describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import {
  contractTypes,
  NOON,
  powerQuery,
  reading,
  telemetryStoreContract,
} from '../../contracts/telemetry-store.ts'

telemetryStoreContract('memory', {
  keeps: false,
  async open(timeZone) {
    const both = createMemoryTelemetry({ types: contractTypes, timeZone })
    const subject = { store: both, reader: both, dispose: () => both.close() }
    return { ...subject, reopen: () => Promise.reject(new Error('memory keeps nothing')) }
  },
})

const counting = () =>
  createMemoryTelemetry({ types: contractTypes, timeZone: 'Asia/Shanghai', keep: false })

describe('createMemoryTelemetry({ keep: false })', () => {
  it('counts repetitions, also unordered ones, and keeps no values', async () => {
    const store = counting()
    const times = [0, 2, 1, 2, 1, 3, 0]
    await store.write(
      times.map((step, index) => reading(index + 1, NOON + step, { power: index })),
      positionAt(times.length),
    )
    expect(store.counts()).toEqual({ stored: 4, duplicate: 3, revised: 0 })
    expect(await store.series(powerQuery())).toEqual([])
  })

  it('knows the newest 1,024 times of a device and forgets the oldest', async () => {
    const store = counting()
    for (let n = 1; n <= 5_000; n++)
      await store.write([reading(n, NOON + n, { power: n })], positionAt(n))
    await store.write([reading(5_001, NOON + 5_000 - 1_000, { power: 1 })], positionAt(5_001))
    expect(store.counts()).toEqual({ stored: 5_000, duplicate: 1, revised: 0 })
    await store.write([reading(5_002, NOON + 1, { power: 1 })], positionAt(5_002))
    expect(store.counts()).toEqual({ stored: 5_001, duplicate: 1, revised: 0 })
  })
})
