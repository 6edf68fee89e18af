// What the telemetry database refuses goes into quarantine by way of the journal, and comes out of it as the reading it was.

import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { metricsOf } from '../../../src/core/device-type.ts'
import type { Effect } from '../../../src/core/effect.ts'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { FLAG_REDRIVEN, type Entry } from '../../../src/core/messages/record.ts'
import { positionAt, type Position } from '../../../src/core/position.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import type { AppendOutcome } from '../../../src/ports.ts'
import { createRefusals } from '../../../src/telemetry-refusals.ts'

const START = Date.UTC(2026, 10, 22, 4)
const device = {
  id: 'R-1',
  type: 'streetlight',
  name: 'R-1',
  division: '150802',
  grid: null,
  street: null,
  parent: null,
  lat: null,
  lon: null,
  roadClass: null,
  weakArea: false,
  department: null,
  maintainer: null,
  componentCode: null,
  rated: {},
  simulated: true,
}
const encode = (value: unknown) => Buffer.from(JSON.stringify(value))
const entry = (over: Partial<Entry>): Entry => ({
  kind: 'message',
  flags: 0,
  client: 'R-1',
  topic: 'city/v1/150802/streetlight/R-1/up',
  payload: new Uint8Array(0),
  ...over,
})

/** A pipeline whose journal is the list of what it was given. */
function createFold() {
  const pipeline = createPipeline({ types: deviceTypes, timeZone: 'Asia/Shanghai' })
  const effects: Effect[] = []
  let position = 0
  function append(one: Entry, done: (outcome: AppendOutcome) => void): void {
    position++
    const receivedAt = START + position
    pipeline.consume({ ...one, receivedAt }, positionAt(position), (effect) => effects.push(effect))
    done({ kind: 'committed', position: positionAt(position), receivedAt })
  }
  const register = { kind: 'devices.register', devices: [device] }
  append(entry({ kind: 'command', client: 'test', payload: encode(register) }), () => {})
  const readings = () =>
    effects.flatMap((effect) => (effect.kind === 'reading' ? [effect.reading] : []))
  const quarantined = () =>
    effects.flatMap((effect) => (effect.kind === 'quarantine' ? [effect.item] : []))
  return { append, readings, quarantined }
}

function redriven(payload: Uint8Array, at: number, origin: Position): Buffer {
  const again = Buffer.alloc(16 + payload.length)
  again.writeDoubleLE(at)
  again.writeDoubleLE(origin, 8)
  again.set(payload, 16)
  return again
}

describe('a reading that the telemetry database refuses', () => {
  const sent = { v: 1, ts: START - 1000, m: { power: 92.5, lamp_on: true }, bat: 87 }

  it('is in quarantine with the reason, and is the same reading when it is tried again', async () => {
    const { append, readings, quarantined } = createFold()
    append(entry({ payload: encode(sent) }), () => {})
    const [reading] = readings() as [Reading]
    await createRefusals({ journal: { append } })([
      { reading, reason: 'partial write: field type conflict' },
    ])
    const [item] = quarantined()
    expect(item).toMatchObject({
      code: 'store_refused',
      detail: 'partial write: field type conflict',
      device: 'R-1',
      at: reading.receivedAt,
      simulated: true,
    })
    append(
      entry({
        flags: FLAG_REDRIVEN,
        topic: item?.topic ?? '',
        payload: redriven(
          item?.payload ?? Buffer.alloc(0),
          item?.at ?? 0,
          item?.position ?? positionAt(0),
        ),
      }),
      () => {},
    )
    expect(quarantined()).toHaveLength(1)
    expect(readings()).toHaveLength(2)
    const [first, second] = readings()
    expect(second).toEqual({ ...first, position: second?.position, redriven: true, seq: null })
  })

  it('of any type survives the way with each of its metrics', async () => {
    for (const type of deviceTypes) {
      const appended: Entry[] = []
      const refuse = createRefusals({
        journal: {
          append(one, done) {
            appended.push(one)
            done({ kind: 'committed', position: positionAt(1), receivedAt: START })
          },
        },
      })
      const values = metricsOf(type).map((metric) => (metric.kind === 'boolean' ? 1 : metric.max))
      await refuse([
        {
          reading: {
            device: 'X-1',
            type: type.id,
            division: '150802',
            ts: START,
            receivedAt: START,
            seq: 3,
            values,
            simulated: false,
            redriven: false,
            position: positionAt(1),
          },
          reason: 'no',
        },
      ])
      const { reading } = JSON.parse(Buffer.from(appended[0]?.payload ?? []).toString()) as {
        reading: { payload: string }
      }
      const { m } = JSON.parse(reading.payload) as { m: Record<string, unknown> }
      expect(Object.keys(m)).toEqual(metricsOf(type).map(({ id }) => id))
    }
  })

  it('is not passed over when the journal does not take it', async () => {
    const refuse = createRefusals({
      journal: { append: (_one, done) => done({ kind: 'refused', reason: 'full' }) },
    })
    const { append, readings } = createFold()
    append(entry({ payload: encode(sent) }), () => {})
    const [reading] = readings() as [Reading]
    await expect(refuse([{ reading, reason: 'no' }])).rejects.toThrow('full')
  })

  it('is refused as a command of another shape', () => {
    const { append, quarantined } = createFold()
    for (const reading of [null, 3, {}, { device: 'R-1', at: 'now' }])
      append(
        entry({ kind: 'command', payload: encode({ kind: 'reading.refused', reading }) }),
        () => {},
      )
    expect(quarantined()).toEqual([])
  })
})
