import { MessageChannel } from 'node:worker_threads'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { positionAt, type Millis, type Position } from '../../../src/core/position.ts'
import {
  TelemetryUnavailable,
  type ExportRow,
  type TelemetryCounts,
  type TelemetryReader,
  type TelemetrySink,
} from '../../../src/ports.ts'
import { createPacker, createUnpacker } from '../../../src/store/link/packed-readings.ts'
import { createReaderClient } from '../../../src/store/link/reader-client.ts'
import { hostReader } from '../../../src/store/link/reader-host.ts'
import { createSinkClient } from '../../../src/store/link/sink-client.ts'
import { hostSink } from '../../../src/store/link/sink-host.ts'

const value = fc.oneof(
  fc.double({ noDefaultInfinity: true }),
  fc.constantFrom(Number.NaN, 0, -0, 1e21),
)

const readings: fc.Arbitrary<Reading[]> = fc.array(
  fc.record({
    device: fc.constantFrom('L-1', 'L-2', 'M-1'),
    type: fc.constantFrom('streetlight', 'manhole-cover'),
    division: fc.constantFrom('150802', '150821'),
    ts: fc.integer({ min: 0, max: 4e12 }),
    receivedAt: fc.integer({ min: 0, max: 4e12 }),
    seq: fc.option(fc.integer({ min: 0, max: 1e9 })),
    values: fc.array(value, { maxLength: 14 }),
    simulated: fc.boolean(),
    redriven: fc.boolean(),
    position: fc.nat().map((sequence) => positionAt(sequence)),
  }),
  { maxLength: 30 },
)

const ports: MessageChannel[] = []
function channel(): MessageChannel {
  const made = new MessageChannel()
  ports.push(made)
  return made
}
afterEach(() => {
  for (const { port1, port2 } of ports.splice(0)) {
    port1.close()
    port2.close()
  }
})

describe('packed readings', () => {
  it('come out as they went in, whatever devices move or are forgotten in between', () => {
    fc.assert(
      fc.property(
        fc.array(readings, { maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        (batches, originsMax) => {
          const pack = createPacker({ originsMax })
          const unpack = createUnpacker()
          for (const batch of batches) expect(unpack(structuredClone(pack(batch)))).toEqual(batch)
        },
      ),
    )
  })

  it('of an origin that was never sent are refused', () => {
    const pack = createPacker()
    const [batch = []] = fc.sample(
      readings.filter((some) => some.length > 0),
      1,
    )
    pack(batch)
    expect(() => createUnpacker()({ ...pack(batch), origins: [] })).toThrow(RangeError)
  })
})

/** Keeps what it gets; fails as told. */
function createSink() {
  const written: { readings: readonly Reading[]; through: Position; at: Millis }[] = []
  let fault: Error | null = null
  let stored = 0
  const sink: TelemetrySink = {
    async write(some, through, at) {
      if (fault !== null) throw fault
      stored += some.length
      written.push({ readings: some, through, at })
    },
    async sync() {},
    counts: (): TelemetryCounts => ({ stored, duplicate: 0, revised: 0, refused: 0 }),
    async close() {},
  }
  return {
    sink,
    written,
    fail: (error: Error | null): void => {
      fault = error
    },
  }
}

describe('a sink on another thread', () => {
  it('keeps the readings in order and tells the counts', async () => {
    const { port1, port2 } = channel()
    const { sink, written } = createSink()
    hostSink(port1, sink)
    const client = await createSinkClient(port2)
    const [batch = []] = fc.sample(readings, 1)
    await Promise.all([
      client.write(batch, positionAt(9), 900),
      client.write([], positionAt(10), 1000),
    ])
    expect(written).toEqual([
      { readings: batch, through: positionAt(9), at: 900 },
      { readings: [], through: positionAt(10), at: 1000 },
    ])
    expect(client.counts().stored).toBe(batch.length)
    await client.sync()
    await client.close()
  })

  it('tells apart what may be tried again, and goes on after it', async () => {
    const { port1, port2 } = channel()
    const { sink, fail } = createSink()
    hostSink(port1, sink)
    const client = await createSinkClient(port2)
    fail(new TelemetryUnavailable('the server is away', 30_000))
    const error: unknown = await client
      .write([], positionAt(1), 1)
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TelemetryUnavailable)
    expect(error).toMatchObject({ message: 'the server is away', retryAfterMs: 30_000 })
    fail(null)
    await client.write([], positionAt(1), 1)
  })

  it('counts what a write has brought when the write has ended, not before', async () => {
    const { port1, port2 } = channel()
    const { sink } = createSink()
    let stored = 0
    // As InfluxDB's books do: counted before it is sent, and the sending fails.
    const write = () => {
      stored = 3
      return Promise.reject(new TelemetryUnavailable('away'))
    }
    const counts = () => ({ stored, duplicate: 0, revised: 0, refused: 0 })
    hostSink(port1, { ...sink, write, counts })
    const client = await createSinkClient(port2)
    await expect(client.write([], positionAt(1), 1)).rejects.toThrow('away')
    await client.sync()
    expect(client.counts().stored).toBe(0)
  })

  it('rejects what is under way when the other thread ends', async () => {
    const { port1, port2 } = channel()
    const opening = createSinkClient(port2)
    port1.close()
    await expect(opening).rejects.toThrow('telemetry thread has ended')
  })
})

const row = (t: number): ExportRow => ({ device: 'L-1', t, simulated: false, values: [t] })
const exported = {
  type: 'streetlight',
  metrics: ['power'],
  devices: ['L-1'],
  from: 0,
  to: 10,
  window: 'raw',
} as const

function createReader() {
  let open = 0
  let pulled = 0
  const reader: TelemetryReader = {
    series: async (query) => query.devices.map((device) => ({ device, points: [] })),
    groups: async () => {
      throw new RangeError('expected fewer groups')
    },
    async *rows() {
      open++
      try {
        for (let t = 0; t < 5; t++) {
          pulled++
          yield [row(t)]
        }
      } finally {
        open--
      }
    },
    expired: async () => [],
    async close() {},
  }
  return { reader, open: () => open, pulled: () => pulled }
}

describe('a reader on another thread', () => {
  it('answers, and makes the same errors again', async () => {
    const { port1, port2 } = channel()
    hostReader(port1, createReader().reader)
    const client = createReaderClient(port2)
    const query = { type: 't', metric: 'm', devices: ['a', 'b'], from: 0, to: 1, limit: 1 }
    expect(await client.series({ ...query, window: 'raw' })).toEqual([
      { device: 'a', points: [] },
      { device: 'b', points: [] },
    ])
    await expect(client.groups({ ...query, window: '1h', groups: [] })).rejects.toThrow(RangeError)
    expect(await client.expired()).toEqual([])
    await client.close()
    await expect(client.expired()).rejects.toThrow('closed')
  })

  it('exports as fast as it is pulled, and stops when the reader leaves', async () => {
    const { port1, port2 } = channel()
    const { reader, open, pulled } = createReader()
    hostReader(port1, reader)
    const client = createReaderClient(port2)
    const all: ExportRow[] = []
    for await (const batch of client.rows(exported)) all.push(...batch)
    expect(all).toEqual([0, 1, 2, 3, 4].map(row))
    expect(open()).toBe(0)
    for await (const batch of client.rows(exported)) {
      expect(batch).toEqual([row(0)])
      break
    }
    expect(open()).toBe(0)
    expect(pulled()).toBe(6)
  })
})
