// Frames that come in two messages, seen from the journal to the stores: what waits, what it is joined with, and what a store that was
// away is told of it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { createManualClock, yieldToLoop } from '../../../src/clock.ts'
import type { Effect } from '../../../src/core/effect.ts'
import { BEFORE_FIRST, positionAt } from '../../../src/core/position.ts'
import {
  FLAG_REDRIVEN,
  flagsOfFormat,
  recordBytes,
  writeRecord,
  type JournalRecord,
  type PayloadFormat,
} from '../../../src/core/messages/record.ts'
import { crcHj212 } from '../../../src/decoders/crc-16.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import { createRunner } from '../../../src/pipeline/runner.ts'
import { createSnapshots } from '../../../src/pipeline/snapshots.ts'
import { openState } from '../../../src/store/state/state.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'

const START = Date.UTC(2026, 10, 22, 4)
const types = deviceTypes.filter(({ id }) => id === 'site-dust-noise')

function frameOf(mn: string, pm10: number): Buffer {
  const data = `ST=22;CN=2011;PW=1;MN=${mn};Flag=4;CP=&&DataTime=20261122120000;a34002-Rtd=${pm10},a34002-Flag=N&&`
  const crc = crcHj212(Buffer.from(data), 0, data.length).toString(16).toUpperCase()
  return Buffer.from(`##${String(data.length).padStart(4, '0')}${data}${crc.padStart(4, '0')}\r\n`)
}

function recordOf(over: Partial<JournalRecord>): JournalRecord {
  const message = { kind: 'message', flags: 0, client: '@dtu', topic: 'dtu/1/up' } as const
  return { ...message, payload: new Uint8Array(0), receivedAt: START, ...over }
}

function bytesOf(payload: Uint8Array, format: PayloadFormat = 'hj212'): JournalRecord {
  return recordOf({ flags: flagsOfFormat(format), payload })
}

function register(over: object = {}): JournalRecord {
  const device = {
    id: 'DUST-1',
    type: 'site-dust-noise',
    name: 'DUST-1',
    division: '150802',
    integration: 'dtu',
    ...over,
  }
  const payload = Buffer.from(JSON.stringify({ kind: 'devices.register', devices: [device] }))
  return recordOf({ kind: 'command', client: 'op', topic: 'devices.register', payload })
}

/** Consumes the records from the first position on. */
function told(records: readonly JournalRecord[]) {
  const pipeline = createPipeline({ types, timeZone: 'Asia/Shanghai' })
  const effects: Effect[] = []
  records.forEach((record, index) =>
    pipeline.consume(record, positionAt(index + 1), (effect) => effects.push(effect)),
  )
  const readings = effects.flatMap((one) => (one.kind === 'reading' ? [one.reading] : []))
  const refused = effects.flatMap((one) => (one.kind === 'quarantine' ? [one.item] : []))
  return { pipeline, readings, refused }
}

const whole = frameOf('DUST-1', 0.08)
const [beginning, end] = [whole.subarray(0, 50), whole.subarray(50)]

describe('a frame in two messages', () => {
  it('is joined', () => {
    const { readings, refused } = told([register(), bytesOf(beginning), bytesOf(end)])
    expect(refused).toEqual([])
    expect(readings).toMatchObject([{ device: 'DUST-1', position: positionAt(3) }])
  })

  it('is not joined with a message of another format, as of an account made anew under its name', () => {
    const pack = Buffer.from('[{"bn":"DUST-1/","n":"pm10","v":80}]')
    const { readings } = told([register(), bytesOf(beginning), bytesOf(pack, 'senml')])
    expect(readings).toHaveLength(1)
  })

  it('leaves behind for the stores no more than stood before the payload', () => {
    const long = Buffer.concat([end, ...Array.from({ length: 300 }, () => whole)])
    const { pipeline } = told([register(), bytesOf(beginning), bytesOf(long)])
    const prefix = pipeline.joins.prefixAt(positionAt(3))
    expect(prefix).toEqual(new Uint8Array(beginning))
    expect(prefix?.buffer.byteLength).toBeLessThan(1000)
  })

  it('is not joined after it was given up', () => {
    const late = { ...bytesOf(end), receivedAt: START + 60_000 }
    const { readings, refused, pipeline } = told([register(), bytesOf(beginning), late])
    expect(readings).toEqual([])
    expect(refused.map(({ id, code }) => [id, code])).toEqual([
      ['0-2.rest', 'broken_frame'],
      ['0-3.0', 'broken_frame'],
    ])
    expect(pipeline.counts).toMatchObject({ items: 2, accepted: 0, quarantined: 2 })
  })
})

describe('what is refused of a message', () => {
  it('speaks of its own device, and of none where none is known', () => {
    const payload = Buffer.concat([Buffer.alloc(16), whole, whole.subarray(0, 50)])
    payload.writeDoubleLE(START)
    const again = recordOf({ flags: flagsOfFormat('hj212') | FLAG_REDRIVEN, payload })
    const { readings, refused } = told([register(), again])
    expect(readings).toMatchObject([{ device: 'DUST-1' }])
    expect(refused).toMatchObject([{ code: 'broken_frame', device: null }])
  })
})

describe('what a simulated device says through a network', () => {
  it('is marked as simulated in quarantine too', () => {
    const { refused } = told([register({ simulated: true }), bytesOf(frameOf('DUST-1', 99))])
    expect(refused).toMatchObject([{ code: 'out_of_range', device: 'DUST-1', simulated: true }])
  })
})

describe('a snapshot that is taken while messages come', () => {
  it('holds what stood before the payloads that the store was not known to have', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hetao-frames-'))
    const pipeline = createPipeline({ types, timeZone: 'Asia/Shanghai' })
    const snapshots = createSnapshots(join(directory, 'snapshots'))
    const telemetry = createMemoryTelemetry({ types })
    const clock = createManualClock(START)
    const syncing = Promise.withResolvers<void>()
    const synced = Promise.withResolvers<void>()
    const runner = createRunner({
      pipeline,
      state: openState({ file: join(directory, 'state.db') }),
      telemetry: {
        ...telemetry,
        sync() {
          syncing.resolve()
          return synced.promise
        },
      },
      telemetryPosition: BEFORE_FIRST,
      telemetryStore: 'memory',
      telemetryElsewhere: 0,
      registryPast: [],
      snapshots,
      readJournal: () => [],
      clock,
      report: () => {},
      onSnapshot: () => {},
      onProblem: (message, detail) => {
        throw new Error(`${message}: ${detail}`)
      },
      snapshotEveryMs: 1e12,
    })
    const feed = (record: JournalRecord, sequence: number): void => {
      const chunk = Buffer.alloc(recordBytes(record))
      writeRecord(chunk, 0, record, record.receivedAt, sequence)
      runner.consume(chunk, positionAt(sequence), 1)
    }
    try {
      await runner.recover(BEFORE_FIRST)
      feed(register(), 1)
      feed(bytesOf(beginning), 2)
      const taken = runner.snapshot()
      await syncing.promise
      // The store takes what comes now, but nobody has made it safe.
      feed(bytesOf(end), 3)
      clock.set(START + 1_000)
      await yieldToLoop()
      feed(recordOf({ kind: 'clock', client: '', topic: '' }), 4)
      synced.resolve()
      await taken
      const { snapshot } = snapshots.newest()
      expect(snapshot?.telemetry).toBe(positionAt(2))
      expect(snapshot?.pipeline.position).toBe(positionAt(4))
      expect(snapshot?.pipeline.joins?.prefixes).toEqual([
        [positionAt(3), beginning.toString('base64')],
      ])
      // What is known to be safe is not kept for long.
      feed(recordOf({ kind: 'clock', client: '', topic: '' }), 5)
      expect(pipeline.joins.prefixAt(positionAt(3))).toBeUndefined()
    } finally {
      synced.resolve()
      await runner.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })
})

describe('values of periods that the codec leaves out', () => {
  const report = (command: string, items: string) => {
    const data = `ST=22;CN=${command};PW=1;MN=DUST-1;Flag=4;CP=&&DataTime=20261122110000;${items}&&`
    const crc = crcHj212(Buffer.from(data), 0, data.length).toString(16).toUpperCase()
    return bytesOf(
      Buffer.from(`##${String(data.length).padStart(4, '0')}${data}${crc.padStart(4, '0')}\r\n`),
    )
  }

  it.each(['a34002-Avg=0.2,a34002-Flag=N', 'a34002-Avg=0.2,a34002-Flag=M', 'a34002-Avg=abc'])(
    'are no refusals either, whatever they say: %s',
    (items) => {
      for (const command of ['2061', '2031'])
        expect(told([register(), report(command, items)]).refused).toEqual([])
      expect(told([register(), report('2051', items)]).refused.length).toBe(
        items.endsWith('N') ? 0 : 1,
      )
      expect(told([register({ codec: 'hj212-hourly' }), report('2061', items)])).toMatchObject(
        items.endsWith('N') ? { refused: [], readings: [{}] } : { refused: [{}], readings: [] },
      )
    },
  )
})
