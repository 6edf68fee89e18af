import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { positionAt, type Position } from '../../../src/core/position.ts'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { createTelemetryWriter } from '../../../src/pipeline/telemetry-writer.ts'
import type { TelemetryStore } from '../../../src/ports.ts'

function readingAt(sequence: number): Reading {
  return {
    device: 'D-1',
    type: 'streetlight',
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
  let away = false
  const store: TelemetryStore = {
    write(readings, through) {
      if (away) return Promise.reject(new Error('away'))
      for (const reading of readings) if (reading.position > applied) kept.push(reading.ts / 1000)
      applied = through
      return Promise.resolve()
    },
    sync: () => Promise.resolve(),
    counts: () => ({ stored: kept.length, duplicate: 0, revised: 0 }),
    close: () => Promise.resolve(),
  }
  return {
    store,
    kept,
    set away(value: boolean) {
      away = value
    },
  }
}

function setUp(queueMax: number, from = 0, through = 0) {
  const clock = createManualClock(0)
  const away = createAwayStore()
  let last = through
  const errors: unknown[] = []
  const writer = createTelemetryWriter({
    store: away.store,
    clock,
    position: positionAt(from),
    through: positionAt(through),
    *reread(after: Position) {
      for (let sequence = after + 1; sequence <= last; sequence += 3) {
        const end = Math.min(last, sequence + 2)
        yield {
          readings: Array.from({ length: end - sequence + 1 }, (_, index) =>
            readingAt(sequence + index),
          ),
          through: positionAt(end),
        }
      }
    },
    onError: (error) => errors.push(error),
    onBehind: () => {},
    queueMax,
  })
  const read = (count: number) => {
    for (let index = 0; index < count; index++) {
      last++
      writer.offer(readingAt(last))
    }
    writer.reached(positionAt(last))
  }
  return {
    clock,
    away,
    writer,
    errors,
    read,
    all: () => Array.from({ length: last }, (_, index) => index + 1),
  }
}

describe('createTelemetryWriter()', () => {
  it('writes what gathered after the hold time', async () => {
    const { clock, away, writer, read, all } = setUp(100)
    read(5)
    expect(away.kept).toEqual([])
    clock.set(20)
    await writer.flush()
    expect(away.kept).toEqual(all())
    expect(writer.position).toBe(positionAt(5))
  })

  it('keeps readings while the store is away and writes them once it is back', async () => {
    const { clock, away, writer, errors, read, all } = setUp(100)
    away.away = true
    read(5)
    clock.set(20)
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
    clock.set(20)
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
    writer.reached(positionAt(7))
    expect(writer.position).toBe(positionAt(7))
  })
})
