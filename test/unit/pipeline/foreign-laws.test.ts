// Laws of the fold over journals in which networks speak for devices: frames cut anywhere, packs of several devices, accounts and a
// registry that change meanwhile. A failure prints its seed.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import type { Effect } from '../../../src/core/effect.ts'
import { BEFORE_FIRST, positionAt } from '../../../src/core/position.ts'
import type { Position } from '../../../src/core/position.ts'
import {
  FLAG_HTTP,
  FLAG_REDRIVEN,
  FLAG_SIMULATED,
  flagsOfFormat,
  INTEGRATION_MARK,
} from '../../../src/core/messages/record.ts'
import type { JournalRecord, PayloadFormat } from '../../../src/core/messages/record.ts'
import { crcHj212 } from '../../../src/decoders/crc-16.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import type { Pipeline, PipelineSnapshot } from '../../../src/pipeline/pipeline.ts'
import { createRegistryPast } from '../../../src/pipeline/registry-past.ts'
import type { PastDevice, RegistryPast } from '../../../src/pipeline/registry-past.ts'
import { readingsOf } from '../../../src/pipeline/reread.ts'

const START = Date.UTC(2026, 10, 22, 4)
const EUI = 'a84041000181c0de'
const types = deviceTypes.filter(({ id }) =>
  ['site-dust-noise', 'weather-station', 'indoor-temperature'].includes(id),
)

const devices = {
  'DUST-1': { type: 'site-dust-noise', integration: 'dtu-a', aliases: ['mn-7'] },
  'DUST-2': { type: 'site-dust-noise', integration: 'dtu-b', simulated: true },
  'WS-1': { type: 'weather-station', integration: 'dtu-a', aliases: ['rain:1'] },
  'WS-2': { type: 'weather-station', integration: 'packs' },
  'IN-1': {
    type: 'indoor-temperature',
    integration: 'lora',
    aliases: [EUI.toUpperCase()],
    codec: 'milesight-em300',
  },
} as const
type Id = keyof typeof devices
const ids = Object.keys(devices) as Id[]
/** What a network may call a device; some of it nobody, some of it after an alias has moved. */
const names = fc.constantFrom('DUST-1', 'dust-1', 'MN-7', 'DUST-2', 'WS-1', 'Rain:1', 'WS-2', 'X')

function entryOf(id: Id, over: object = {}): Record<string, unknown> {
  return { id, name: id, division: '150802', parent: null, rated: {}, ...devices[id], ...over }
}

type Step =
  | {
      readonly kind: 'bytes'
      readonly stream: number
      readonly frames: readonly (readonly [name: string, pm10: number, ageS: number])[]
      readonly share: number
      readonly fate: 'send' | 'lose' | 'twice'
    }
  | {
      readonly kind: 'pack'
      readonly door: '@packs' | '@dtu-a' | 'person'
      readonly values: readonly (readonly [name: string, temp: unknown])[]
    }
  | { readonly kind: 'uplink'; readonly eui: string; readonly data: string }
  | { readonly kind: 'canonical'; readonly id: Id; readonly temp: unknown }
  | { readonly kind: 'redrive'; readonly back: number }
  | { readonly kind: 'command'; readonly command: unknown }
  | { readonly kind: 'clock' }

const hash = (n: number) => n.toString(16).padStart(64, '0')
const commands: fc.Arbitrary<unknown> = fc.oneof(
  fc
    .record({ id: fc.constantFrom(...ids), over: fc.constantFrom({}, { aliases: [] }) })
    .map(({ id, over }) => ({ kind: 'devices.register', devices: [entryOf(id, over)] })),
  fc.constantFrom(...ids).map((id) => ({ kind: 'device.remove', id })),
  fc
    .record({
      id: fc.constantFrom(...ids),
      patch: fc.constantFrom<object>(
        { aliases: ['MN-7'] },
        { aliases: [] },
        { aliases: [EUI] },
        { integration: 'dtu-a' },
        { integration: null },
        { integration: 'packs', codec: null },
        { simulated: true },
        { reportSeconds: 30 },
      ),
    })
    .map((given) => ({ kind: 'device.update', ...given })),
  fc
    .record({
      id: fc.constantFrom(...ids, 'dtu-a', 'lora'),
      n: fc.nat(5),
      previousUntil: fc.constantFrom(null, START, START + 90_000, START + 1e12),
      kind: fc.constantFrom(
        'device.credential',
        'integration.credential',
        'device.revoke',
        'integration.remove',
      ),
    })
    .map(({ n, ...given }) => ({ ...given, hash: hash(n) })),
  fc
    .record({
      id: fc.constantFrom('dtu-a', 'dtu-b', 'lora', 'packs'),
      format: fc.constantFrom('hj212', 'senml', 'chirpstack'),
    })
    .map(({ id, format }) => ({
      kind: 'integration.create',
      integration: { id, name: id, format, topics: null },
      hash: hash(9),
    })),
)

const value = fc.constantFrom<unknown>(20, 21.5, 999, 'warm', true)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('bytes'),
      stream: fc.nat(3),
      frames: fc.array(
        fc.tuple(names, fc.constantFrom(0.08, 0.3, 99, -1), fc.constantFrom(0, 0, 5, 700, 1e6)),
        { maxLength: 3 },
      ),
      share: fc.constantFrom(0.05, 0.5, 0.9, 0.99, 1, 1),
      fate: fc.constantFrom('send', 'send', 'send', 'send', 'lose', 'twice'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('pack'),
      door: fc.constantFrom('@packs', '@dtu-a', 'person'),
      values: fc.array(fc.tuple(names, value), { maxLength: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('uplink'),
      eui: fc.constantFrom(EUI, EUI.toUpperCase(), '0000000000000001'),
      data: fc.constantFrom('AXVkA2cBAQRoZg==', 'A2c=', '/w==', '', '***'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('canonical'),
      id: fc.constantFrom(...ids),
      temp: value,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redrive'), back: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('command'), command: commands }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clock' }) },
)
const story = fc.array(
  fc.record({ step, gapMs: fc.constantFrom(0, 0, 1_000, 20_000, 59_999, 60_000, 900_000) }),
  { minLength: 1, maxLength: 40 },
)
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never

function frameOf(mn: string, pm10: number, at: number): Buffer {
  const stamp = new Date(at + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14)
  const data = Buffer.from(
    `QN=${stamp}123;ST=22;CN=2011;PW=123456;MN=${mn};Flag=5;CP=&&DataTime=${stamp};` +
      `a34002-Rtd=${pm10},a34002-Flag=N;a01001-Rtd=20,a01001-Flag=D&&`,
  )
  const crc = crcHj212(data, 0, data.length).toString(16).toUpperCase().padStart(4, '0')
  return Buffer.from(`##${String(data.length).padStart(4, '0')}${data.toString()}${crc}\r\n`)
}

/** Two accounts speak on the same two topics. */
const streams = [
  { client: '@dtu-a', topic: 'dtu/1/up' },
  { client: '@dtu-a', topic: 'dtu/2/up' },
  { client: '@dtu-b', topic: 'dtu/1/up' },
  { client: '@dtu-b', topic: 'dtu/2/up' },
] as const

function journalOf(all: Story): JournalRecord[] {
  const records: JournalRecord[] = []
  const pending = streams.map(() => Buffer.alloc(0))
  let at = START

  function put(over: Partial<JournalRecord>): void {
    const empty = { flags: 0, client: '', topic: '', payload: new Uint8Array(0) }
    records.push({ kind: 'message', ...empty, ...over, receivedAt: at })
  }
  function command(given: unknown): void {
    put({ kind: 'command', client: 'op', payload: Buffer.from(JSON.stringify(given)) })
  }
  function message(
    format: PayloadFormat,
    client: string,
    topic: string,
    payload: Uint8Array,
    flags = 0,
  ): void {
    put({ flags: flags | flagsOfFormat(format), client, topic, payload })
  }

  command({ kind: 'devices.register', devices: ids.map((id) => entryOf(id)) })
  for (const { step: one, gapMs } of all) {
    at += gapMs
    switch (one.kind) {
      case 'bytes': {
        const stream = streams[one.stream] ?? streams[0]
        const bytes = Buffer.concat([
          pending[one.stream] ?? Buffer.alloc(0),
          ...one.frames.map(([name, pm10, ageS]) => frameOf(name, pm10, at - ageS * 1000)),
        ])
        const end = Math.ceil(bytes.length * one.share)
        pending[one.stream] = bytes.subarray(end)
        for (let n = 0; n < { send: 1, lose: 0, twice: 2 }[one.fate]; n++)
          message('hj212', stream.client, stream.topic, bytes.subarray(0, end))
        break
      }
      case 'pack': {
        const pack = one.values.map(([bn, v]) => ({ bn: `${bn}/`, n: 'temp', v }))
        const isPerson = one.door === 'person'
        message(
          'senml',
          one.door,
          isPerson ? '' : 'senml/x',
          Buffer.from(JSON.stringify(pack)),
          isPerson ? FLAG_HTTP : 0,
        )
        break
      }
      case 'uplink': {
        const event = { deviceInfo: { devEui: one.eui }, fCnt: records.length, data: one.data }
        const topic = `application/1/device/${one.eui}/event/up`
        message('chirpstack', '@lora', topic, Buffer.from(JSON.stringify(event)))
        break
      }
      case 'canonical': {
        const topic = `city/v1/150802/${devices[one.id].type}/${one.id}/up`
        const payload = Buffer.from(JSON.stringify({ m: { temp: one.temp, pm10: 80 } }))
        message('canonical', one.id, topic, payload, one.id === 'DUST-2' ? FLAG_SIMULATED : 0)
        break
      }
      case 'redrive': {
        const index = records.length - 1 - one.back
        const earlier = records[index]
        if (earlier?.kind !== 'message' || (earlier.flags & FLAG_REDRIVEN) !== 0) break
        const payload = Buffer.alloc(16 + earlier.payload.length)
        payload.writeDoubleLE(earlier.receivedAt)
        payload.writeDoubleLE(positionAt(index + 1), 8)
        payload.set(earlier.payload, 16)
        put({ ...earlier, flags: earlier.flags | FLAG_REDRIVEN, payload })
        break
      }
      case 'command':
        command(one.command)
        break
      case 'clock':
        put({ kind: 'clock' })
    }
  }
  // Whatever waits is given up.
  at += 60_000
  put({ kind: 'clock' })
  return records
}

function pipelineOf(snapshot?: PipelineSnapshot): Pipeline {
  return createPipeline({
    types,
    timeZone: 'Asia/Shanghai',
    ...(snapshot === undefined ? {} : { snapshot }),
  })
}

/** As a file would give it back. */
function throughText<T>(given: T): T {
  return JSON.parse(JSON.stringify(given)) as T
}

/** Consumes as the engine thread does: from a buffer that is used again, so that what is kept must have been copied. */
function consume(
  pipeline: Pipeline,
  records: readonly JournalRecord[],
  emit: (effect: Effect, record: JournalRecord) => void,
): void {
  for (const record of records) {
    const payload = new Uint8Array(record.payload)
    const position = positionAt(Number(pipeline.position) + 1)
    pipeline.consume({ ...record, payload }, position, (effect) => emit(effect, record))
    payload.fill(0)
  }
}

function written(given: unknown): string {
  return JSON.stringify(given, (_, one: unknown) => {
    if (one instanceof Uint8Array) return Buffer.from(one).toString('base64')
    return typeof one === 'number' && Number.isNaN(one) ? 'NaN' : one
  })
}

function undisturbed(records: readonly JournalRecord[]): { effects: Effect[]; end: Pipeline } {
  const effects: Effect[] = []
  const end = pipelineOf()
  consume(end, records, (effect) => effects.push(effect))
  return { effects, end }
}

/** Tells the registry's past what the runner would tell it. */
function note(past: RegistryPast, effect: Effect, position: Position): void {
  if (effect.kind === 'device') past.changed(effect.device.id, effect.device, position)
  else if (effect.kind === 'device_removed') past.changed(effect.id, null, position)
}

const cuts = fc.array(fc.nat(), { minLength: 1, maxLength: 4 })
const runs = { numRuns: 200 }

describe('the fold over messages of networks', () => {
  it('gives the same effects, counts and state when it is stopped and goes on from a snapshot', () => {
    fc.assert(
      fc.property(story, cuts, (all, where) => {
        const records = journalOf(all)
        const { effects, end } = undisturbed(records)
        const places = where.map((cut) => cut % (records.length + 1)).sort((a, b) => a - b)
        const disturbed: Effect[] = []
        let pipeline = pipelineOf()
        let from = 0
        for (const place of [...places, records.length]) {
          consume(pipeline, records.slice(from, place), (effect) => disturbed.push(effect))
          from = place
          const text = JSON.stringify(pipeline.snapshot())
          pipeline = pipelineOf(JSON.parse(text) as PipelineSnapshot)
          expect(JSON.stringify(pipeline.snapshot())).toBe(text)
        }
        expect(written(disturbed)).toBe(written(effects))
        expect(pipeline.counts).toEqual(end.counts)
        expect(written(pipeline.snapshot())).toBe(written(end.snapshot()))
      }),
      runs,
    )
  })

  it('counts every part of every message once, as a reading or in quarantine', () => {
    fc.assert(
      fc.property(story, (all) => {
        const records = journalOf(all)
        const { effects, end } = undisturbed(records)
        const { counts } = end
        const refused = effects.flatMap((one) => (one.kind === 'quarantine' ? [one.item.id] : []))
        expect(counts.accepted).toBe(effects.filter(({ kind }) => kind === 'reading').length)
        expect(counts.quarantined).toBe(refused.length)
        expect(counts.items).toBe(counts.accepted + counts.quarantined)
        expect(counts.messages).toBe(records.filter(({ kind }) => kind === 'message').length)
        expect(new Set(refused).size).toBe(refused.length)
        // The buffer that a payload came in is used again.
        for (const effect of effects)
          if (effect.kind === 'quarantine' && effect.item.payload.length > 0)
            expect(effect.item.payload.some((byte) => byte !== 0)).toBe(true)
        expect(end.snapshot().joins?.waiting).toEqual([])
        const asked = records.filter(({ kind }) => kind === 'command').length
        expect(effects.filter(({ kind }) => kind === 'outcome')).toHaveLength(asked)
      }),
      runs,
    )
  })

  it('lets an account speak for the devices that name it and for no other', () => {
    fc.assert(
      fc.property(story, (all) => {
        const pipeline = pipelineOf()
        consume(pipeline, journalOf(all), (effect, { client, flags }) => {
          if (effect.kind !== 'reading') return
          const device = pipeline.engine.device(effect.reading.device)
          if (client.startsWith(INTEGRATION_MARK))
            expect(device?.integration).toBe(client.slice(INTEGRATION_MARK.length))
          if (device?.simulated === true || (flags & FLAG_SIMULATED) !== 0)
            expect(effect.reading.simulated).toBe(true)
        })
      }),
      runs,
    )
  })

  it('reads the same readings again from any place, from a snapshot that holds what is needed', () => {
    fc.assert(
      fc.property(story, fc.nat(), fc.nat(), (all, first, second) => {
        const records = journalOf(all)
        const stop = first % (records.length + 1)
        // The store was complete up to here when the snapshot was taken.
        const behind = positionAt(second % (stop + 1))
        const accepted: unknown[] = []
        let pipeline = pipelineOf()
        let past = createRegistryPast({ devices: [], past: [] })
        const take = (effect: Effect): void => {
          note(past, effect, pipeline.position)
          if (effect.kind === 'reading' && effect.reading.position > behind)
            accepted.push(effect.reading)
        }
        consume(pipeline, records.slice(0, stop), take)
        pipeline.joins.forget(behind)
        past.forget(behind)
        const list: readonly PastDevice[] = throughText(past.list())
        pipeline = pipelineOf(throughText(pipeline.snapshot()))
        past = createRegistryPast({ devices: pipeline.engine.devices(), past: list })
        consume(pipeline, records.slice(stop), take)

        const again: unknown[] = []
        const journal = records
          .map((record, index) => ({ record, position: positionAt(index + 1) }))
          .filter(({ position }) => position > behind)
        let through: Position = BEFORE_FIRST
        for (const batch of readingsOf(journal, { registry: past, joins: pipeline.joins }, (id) =>
          pipeline.engine.typeNamed(id),
        )) {
          again.push(...batch.readings)
          through = batch.through
        }
        expect(written(again)).toBe(written(accepted))
        if (journal.length > 0) expect(through).toBe(pipeline.position)
      }),
      runs,
    )
  })

  it('takes the same readings from frames however they are cut', () => {
    const frames = fc.array(
      fc.tuple(fc.constantFrom('DUST-1', 'mn-7', 'WS-1', 'X'), fc.constantFrom(0.08, 0.3, 99)),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 8 }), (list, where) => {
        const bytes = Buffer.concat(
          list.map(([name, pm10], index) => frameOf(name, pm10, START - index * 60_000)),
        )
        const places = [...new Set(where.map((cut) => cut % bytes.length))].sort((a, b) => a - b)
        const ends = [...places.filter((place) => place > 0), bytes.length]
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        expect(told(pieces)).toEqual(told([bytes]))
      }),
      runs,
    )

    /** Readings in order, and what was refused; a message says it once, however many of its frames are of the same stranger. */
    function told(payloads: readonly Uint8Array[]): unknown {
      const messages = payloads.map((payload, index) => ({
        kind: 'message' as const,
        flags: flagsOfFormat('hj212'),
        client: '@dtu-a',
        topic: 'dtu/1/up',
        payload,
        receivedAt: START + index * 1000,
      }))
      const readings: unknown[] = []
      const refused = new Set<string>()
      for (const effect of undisturbed([...journalOf([]).slice(0, 1), ...messages]).effects)
        if (effect.kind === 'reading') {
          const { device, ts, values } = effect.reading
          readings.push([device, ts, values])
        } else if (effect.kind === 'quarantine')
          refused.add(`${effect.item.device} ${effect.item.code}`)
      return { readings, refused: [...refused].sort() }
    }
  })

  it('is told stories that reach what they are for', () => {
    const reached = new Set<string>()
    for (const all of fc.sample(story, { numRuns: 300, seed: 7 })) {
      const { effects } = undisturbed(journalOf(all))
      for (const effect of effects) {
        if (effect.kind === 'quarantine') reached.add(effect.item.code)
        if (effect.kind === 'reading') reached.add(`reading of ${effect.reading.device}`)
        if (effect.kind === 'outcome' && effect.outcome.ok) reached.add('applied')
        if (effect.kind === 'quarantine' && effect.item.id.endsWith('.rest')) reached.add('lost')
      }
    }
    const codes = ['broken_frame', 'unknown_device', 'foreign_device', 'out_of_range', 'too_old']
    const readings = ids.map((id) => `reading of ${id}`)
    expect([...reached]).toEqual(expect.arrayContaining([...codes, ...readings, 'applied', 'lost']))
  })
})
