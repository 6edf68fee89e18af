import { describe, expect, it } from 'vitest'
import { ingest } from '../../../src/core/messages/ingest.ts'
import type { Message } from '../../../src/core/messages/message.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Effect } from '../../../src/core/effect.ts'
import { decoders } from '../../../src/decoders/index.ts'
import { createJoins } from '../../../src/pipeline/joins.ts'
import { createRig, deviceOf } from './harness.ts'

const lamp = deviceOf({ id: 'L-1', type: 'streetlight' })
const TOPIC = 'city/v1/150802/streetlight/L-1/up'

function consume(
  over: Partial<Omit<Message, 'payload'>>,
  payload: unknown,
): {
  counts: ReturnType<typeof ingest>
  effects: Effect[]
} {
  const rig = createRig({ devices: [lamp] })
  const effects: Effect[] = []
  const counts = ingest(
    {
      topic: TOPIC,
      payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
      client: 'L-1',
      http: false,
      simulated: false,
      redriven: false,
      format: 'canonical',
      receivedAt: rig.now,
      position: positionAt(77),
      ...over,
    },
    rig.engine,
    decoders,
    createJoins(),
    (effect) => effects.push(effect),
  )
  return { counts, effects }
}

function codes(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.kind === 'quarantine' ? [effect.item.code] : []))
}

describe('ingest()', () => {
  it.each<[string, Partial<Omit<Message, 'payload'>>, unknown, string]>([
    ['no JSON', {}, '{', 'not_json'],
    ['another tree of topics', { topic: 'cities/v1/150802/streetlight/L-1/up' }, {}, 'wrong_topic'],
    ['a topic of commands', { topic: TOPIC.replace('/up', '/down') }, {}, 'wrong_topic'],
    [
      'a topic of another type',
      { topic: TOPIC.replace('streetlight', 'manhole-cover') },
      {},
      'wrong_topic',
    ],
    [
      'a topic of another division',
      { topic: TOPIC.replace('150802', '150821') },
      {},
      'wrong_topic',
    ],
    ['a device nobody knows', { topic: TOPIC.replace('L-1', 'L-9') }, {}, 'unknown_device'],
    ['no metrics', {}, { m: {} }, 'empty'],
    ['a metric nobody knows', {}, { m: { warp: 1 } }, 'unknown_metric'],
    [
      'a state nobody knows',
      { topic: TOPIC.replace('/up', '/status') },
      { state: 'sleepy' },
      'wrong_shape',
    ],
    [
      'an HTTP message without device',
      { topic: '', http: true },
      { m: { power: 1 } },
      'wrong_shape',
    ],
    [
      'an HTTP message of nobody',
      { topic: '', http: true },
      { device: 'L-9', m: { power: 1 } },
      'unknown_device',
    ],
  ])('quarantines %s', (_, over, payload, code) => {
    const { counts, effects } = consume(over, payload)
    expect(codes(effects)).toEqual([code])
    expect(counts).toEqual({ items: 1, accepted: 0, quarantined: 1 })
    expect(effects).toHaveLength(1)
  })

  it('keeps the good metrics of a reading and names the bad ones in one refusal', () => {
    const { counts, effects } = consume(
      {},
      { m: { power: 90, voltage: 'high', lamp_on: 1, warp: 2 } },
    )
    expect(counts).toEqual({ items: 2, accepted: 1, quarantined: 1 })
    const item = effects.find((effect) => effect.kind === 'quarantine')?.item
    expect(item).toMatchObject({ id: '0-77.0', code: 'wrong_type', device: 'L-1', client: 'L-1' })
    expect(item?.detail).toMatch(/voltage.*lamp_on.*warp/)
  })

  it('keeps the good readings of a batch', () => {
    const { counts, effects } = consume(
      {},
      { r: [{ m: { power: 1 } }, { ts: 5, m: { power: 2 } }, { m: { power: 9999 } }, 7] },
    )
    expect(counts).toEqual({ items: 4, accepted: 1, quarantined: 3 })
    expect(codes(effects)).toEqual(['bad_timestamp', 'wrong_shape', 'out_of_range'])
    const items = effects.flatMap((effect) => (effect.kind === 'quarantine' ? [effect.item] : []))
    expect(items.map((item) => item.id)).toEqual(['0-77.0', '0-77.1', '0-77.2'])
    expect(items[0]?.detail).toMatch(/^r\[1\]/)
  })

  it('keeps a copy of the refused payload, not a view of a buffer that is used again', () => {
    const payload = Buffer.from('broken')
    const rig = createRig({ devices: [lamp] })
    const effects: Effect[] = []
    ingest(
      {
        topic: TOPIC,
        payload,
        client: 'L-1',
        http: false,
        simulated: false,
        redriven: false,
        format: 'canonical',
        receivedAt: rig.now,
        position: positionAt(77),
      },
      rig.engine,
      decoders,
      createJoins(),
      (effect) => effects.push(effect),
    )
    payload.fill(0)
    const item = effects.find((effect) => effect.kind === 'quarantine')?.item
    expect(Buffer.from(item?.payload ?? []).toString()).toBe('broken')
  })

  it('takes the device of an HTTP message from its payload', () => {
    const { effects } = consume(
      { topic: '', http: true, client: 'bridge' },
      { device: 'L-1', m: { power: 12 } },
    )
    expect(effects[0]).toMatchObject({ kind: 'reading', reading: { device: 'L-1' } })
  })

  it('learns of a broken sensor and a wrong clock through the HTTP door as well', () => {
    const rig = createRig({ devices: [lamp] })
    const raised: string[] = []
    for (let n = 0; n < 4; n++) {
      const receivedAt = rig.now + n * 60_000
      const position = positionAt(100 + n)
      const body = { device: 'L-1', ts: receivedAt - 400_000, m: { voltage: 600 } }
      rig.engine.advance(receivedAt, position, () => {})
      ingest(
        {
          topic: '',
          payload: Buffer.from(JSON.stringify(body)),
          client: 'bridge',
          http: true,
          simulated: false,
          redriven: false,
          format: 'canonical',
          receivedAt,
          position,
        },
        rig.engine,
        decoders,
        createJoins(),
        (effect) => {
          if (effect.kind === 'alert') raised.push(effect.alert.rule)
        },
      )
    }
    expect(raised.sort()).toEqual(['BAD_RANGE', 'CLOCK_SKEW'])
  })

  it.each([
    { ts: '2026-11-22 10:00:00', m: { power: 1 } },
    { v: 2, m: { power: 1 } },
    { m: {} },
    { r: [] },
    { seq: -1, m: { power: 1 } },
  ])('books what is refused whole on the device that it names: %j', (body) => {
    const over = { topic: '', http: true, client: 'bridge' }
    const { counts, effects } = consume(over, { device: 'L-1', ...body })
    expect(effects.map((effect) => effect.kind === 'quarantine' && effect.item.device)).toEqual([
      'L-1',
    ])
    expect(counts).toEqual({ items: 1, accepted: 0, quarantined: 1 })
  })

  it('turns the status topic into presence and counts nothing', () => {
    const topic = TOPIC.replace('/up', '/status')
    const { counts, effects } = consume({ topic }, { state: 'offline' })
    expect(effects).toMatchObject([{ kind: 'presence', device: 'L-1', state: 'offline' }])
    expect(counts.items).toBe(0)
    expect(consume({ topic: TOPIC.replace('/up', '/ack') }, 'anything')).toEqual({
      counts: { items: 0, accepted: 0, quarantined: 0 },
      effects: [],
    })
  })

  it('marks readings of simulated records, devices, and both', () => {
    const { effects } = consume({ simulated: true }, { m: { power: 12 } })
    expect(effects[0]).toMatchObject({ reading: { simulated: true } })
  })

  it('stores -0 as 0', () => {
    const { effects } = consume({}, '{"m":{"power":-0}}')
    const value = effects[0]?.kind === 'reading' ? effects[0].reading.values[3] : undefined
    expect(Object.is(value, 0)).toBe(true)
  })

  function redrive(firstAt: number, body: object): Effect[] {
    const head = Buffer.alloc(16)
    head.writeDoubleLE(firstAt)
    head.writeDoubleLE(42, 8)
    const rig = createRig({ devices: [lamp] })
    const effects: Effect[] = []
    ingest(
      {
        topic: TOPIC,
        payload: Buffer.concat([head, Buffer.from(JSON.stringify(body))]),
        client: 'L-1',
        http: false,
        simulated: false,
        redriven: true,
        format: 'canonical',
        receivedAt: rig.now,
        position: positionAt(77),
      },
      rig.engine,
      decoders,
      createJoins(),
      (effect) => effects.push(effect),
    )
    return effects
  }
  const firstAt = Date.UTC(2026, 0, 1)

  it('judges the window of a redriven record by its first receive time', () => {
    expect(redrive(firstAt, { ts: firstAt - 1000, m: { power: 5 } })).toMatchObject([
      { kind: 'quarantine_left', origin: 42 },
      { reading: { redriven: true, receivedAt: firstAt, ts: firstAt - 1000 } },
    ])
  })

  it('keeps the first receive time of a redriven record that is refused again', () => {
    expect(redrive(firstAt, { m: { power: 'five' } })).toMatchObject([
      { kind: 'quarantine_left', origin: 42 },
      { kind: 'quarantine', item: { code: 'wrong_type', at: firstAt } },
    ])
  })
})
