import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { positionAt, type Position } from '../../../src/core/position.ts'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { createTelemetryWriter } from '../../../src/pipeline/telemetry-writer.ts'
import { TelemetryUnavailable, type TelemetrySink } from '../../../src/ports.ts'

function readingAt(sequence: number): Reading {
  return {
    device: 'D-1',
    type: 'streetlight',
    division: '150802',
    ts: sequence * 1000,
    receivedAt: sequence * 1000,
    seq: null,
    values: [1],
    simulated: false,
    redriven: false,
    position: positionAt(sequence),
  }
}

/** A store that can be told to be away. */
function createAwayStore() {
  const kept: number[] = []
  let applied = 0
  const times: number[] = []
  let away = false
  let retryAfterMs: number | null = null
  /** Writes wait here while the store is slow. */
  let waiting: (() => void)[] | null = null
  const store: TelemetrySink = {
    async write(readings, through, at) {
      if (waiting !== null) await new Promise<void>((resolve) => waiting?.push(resolve))
      if (away) throw new TelemetryUnavailable('away', retryAfterMs)
      times.push(at)
      for (const reading of readings) if (reading.position > applied) kept.push(reading.ts / 1000)
      applied = through
    },
    sync: () => Promise.resolve(),
    counts: () => ({ stored: kept.length, duplicate: 0, revised: 0, refused: 0 }),
    close: () => Promise.resolve(),
  }
  return {
    store,
    kept,
    times,
    set away(value: boolean) {
      away = value
    },
    set retryAfterMs(value: number | null) {
      retryAfterMs = value
    },
    slow() {
      waiting = []
    },
    /** The writes under way go on, and so do later ones. */
    goOn() {
      const held = waiting ?? []
      waiting = null
      for (const resolve of held) resolve()
    },
  }
}

function setUp(queueMax: number, from = 0, through = 0) {
  const clock = createManualClock(0)
  const away = createAwayStore()
  let last = through
  const errors: unknown[] = []
  const waits: number[] = []
  let rereads = 0
  const writer = createTelemetryWriter({
    store: away.store,
    clock,
    position: positionAt(from),
    through: positionAt(through),
    at: through * 1000,
    *reread(after: Position) {
      rereads++
      for (let sequence = after + 1; sequence <= last; sequence += 3) {
        const end = Math.min(last, sequence + 2)
        yield {
          readings: Array.from({ length: end - sequence + 1 }, (_, index) =>
            readingAt(sequence + index),
          ),
          through: positionAt(end),
          at: end * 1000,
        }
      }
    },
    onError(error, waitMs) {
      errors.push(error)
      waits.push(waitMs)
    },
    onBehind: () => {},
    queueMax,
  })
  const read = (count: number) => {
    for (let index = 0; index < count; index++) {
      last++
      writer.offer(readingAt(last))
    }
    writer.reached(positionAt(last), last * 1000)
  }
  return {
    clock,
    away,
    writer,
    errors,
    waits,
    rereads: () => rereads,
    read,
    all: () => Array.from({ length: last }, (_, index) => index + 1),
  }
}

describe('createTelemetryWriter()', () => {
  it('writes what gathered after the hold time', async () => {
    const { clock, away, writer, read, all } = setUp(100)
    read(5)
    expect(away.kept).toEqual([])
    clock.set(100)
    await writer.flush()
    expect(away.kept).toEqual(all())
    expect(writer.position).toBe(positionAt(5))
  })

  it('keeps readings while the store is away and writes them once it is back', async () => {
    const { clock, away, writer, errors, read, all } = setUp(100)
    away.away = true
    read(5)
    clock.set(100)
    await writer.flush()
    read(5)
    expect(away.kept).toEqual([])
    expect(errors.length).toBeGreaterThan(0)
    expect(writer.queued).toBe(10)
    away.away = false
    clock.set(60_000)
    await writer.flush()
    expect(away.kept).toEqual(all())
  })

  it('reads the journal again when the queue was full', async () => {
    const { clock, away, writer, read, all } = setUp(4)
    away.away = true
    read(3)
    clock.set(100)
    await writer.flush()
    read(7)
    expect(writer.behind).toBe(true)
    expect(writer.queued).toBe(0)
    read(2)
    away.away = false
    clock.set(60_000)
    await writer.flush()
    expect(writer.behind).toBe(false)
    read(2)
    await writer.flush()
    expect(away.kept).toEqual(all())
  })

  it('catches up first when it starts behind the engine', async () => {
    const { away, writer } = setUp(10, 2, 9)
    expect(writer.behind).toBe(true)
    await writer.flush()
    expect(away.kept).toEqual([3, 4, 5, 6, 7, 8, 9])
    expect(writer.position).toBe(positionAt(9))
  })

  it('advances its position without readings', () => {
    const { writer } = setUp(10)
    writer.reached(positionAt(7), 700)
    expect(writer.position).toBe(positionAt(7))
  })

  it('tells a store that gets no readings how late it is', async () => {
    const { away, writer } = setUp(10)
    writer.reached(positionAt(7), 4_999)
    expect(away.times).toEqual([])
    writer.reached(positionAt(8), 5_000)
    await writer.settled()
    expect(away.times).toEqual([5_000])
    expect(writer.position).toBe(positionAt(8))
  })

  it('waits as long as the server asks, within reason', async () => {
    const { clock, away, writer, waits, read } = setUp(100)
    away.away = true
    away.retryAfterMs = 120_000
    read(1)
    clock.set(100)
    await writer.flush()
    away.retryAfterMs = 86_400_000
    clock.set(120_100)
    await writer.flush()
    expect(waits).toEqual([120_000, 600_000])
  })

  it('does not ask a failing store before its time, whoever flushes', async () => {
    const { clock, away, writer, errors, read } = setUp(100)
    away.away = true
    read(1)
    clock.set(100)
    await writer.flush()
    await writer.flush()
    await writer.close()
    expect(errors).toHaveLength(1)
  })

  it('waits for a slow store a second and no longer', async () => {
    const { clock, away, writer, read, all } = setUp(100)
    away.slow()
    read(3)
    const flushed = writer.flush()
    clock.set(1_000)
    await flushed
    expect(away.kept).toEqual([])
    expect(writer.queued).toBe(3)
    away.goOn()
    await writer.settled()
    expect(away.kept).toEqual(all())
    expect(writer.queued).toBe(0)
  })

  it('reads the journal once, however much comes in meanwhile', async () => {
    const { away, writer, rereads, read, all } = setUp(100, 2, 9)
    away.slow()
    const flushed = writer.flush()
    read(50)
    away.goOn()
    await flushed
    expect(writer.behind).toBe(false)
    expect(rereads()).toBe(1)
    expect(away.kept).toEqual(all().slice(2))
  })

  it('reads it again when too much has come in meanwhile', async () => {
    const { away, writer, rereads, read, all } = setUp(10, 2, 9)
    away.slow()
    const flushed = writer.flush()
    read(11)
    away.goOn()
    await flushed
    expect(rereads()).toBe(2)
    expect(away.kept).toEqual(all().slice(2))
  })

  it('leaves the rest to the next start when it is closed while behind', async () => {
    const { away, writer } = setUp(100, 2, 30)
    away.slow()
    const flushed = writer.flush()
    const closed = writer.close()
    away.goOn()
    await Promise.all([flushed, closed])
    expect(writer.position).toBeLessThan(positionAt(30))
    expect(away.kept).toEqual([3, 4, 5])
  })
})
