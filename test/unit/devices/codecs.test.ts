// Every codec of the catalogue: each name it knows becomes a metric of its type, each name it ignores disappears, and its bytes speak
// of nothing that it cannot name.

import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { translate } from '../../../src/core/messages/codec.ts'
import { compileType } from '../../../src/core/compiled-type.ts'
import { metricsOf } from '../../../src/core/device-type.ts'
import type { Codec, DeviceType } from '../../../src/core/device-type.ts'
import { createLocalTime } from '../../../src/core/time/local-time.ts'
import { payloadFormats } from '../../../src/core/messages/record.ts'
import type { PayloadFormat } from '../../../src/core/messages/record.ts'
import { decodeHj212 } from '../../../src/decoders/hj212.ts'
import { decodeWith, goldenFrames } from '../decoders/byte-golden.ts'

const localTime = createLocalTime('Asia/Shanghai')

/** What the codec makes of these names, or the refusal's code. */
function read(
  type: DeviceType,
  codec: string,
  metrics: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | string {
  const own = payloadFormats.find((format) => format === codec)
  const format: PayloadFormat = own ?? 'chirpstack'
  const raw = { ts: null, seq: null, metrics }
  const result = translate(
    raw,
    compileType(type, localTime),
    own === undefined ? codec : null,
    format,
  )
  return 'reading' in result ? (result.reading?.metrics ?? {}) : result.refusal.code
}

const all = deviceTypes.flatMap((type) =>
  (type.codecs ?? []).map((codec): [string, DeviceType, Codec] => [
    `${type.id} ${codec.id}`,
    type,
    codec,
  ]),
)

describe.each(all)('codec %s', (_, type, codec) => {
  const metrics = new Map(metricsOf(type).map((metric) => [metric.id, metric]))
  const targets = Object.entries(codec.names).map(
    ([name, target]) => [name, typeof target === 'string' ? { metric: target } : target] as const,
  )

  it('stands once in its type and has a readable id', () => {
    expect(type.codecs?.filter((one) => one.id === codec.id)).toHaveLength(1)
    expect(codec.id).toMatch(/^[a-z][a-z0-9-]{0,63}$/)
    expect(targets.length).toBeGreaterThan(0)
  })

  it.each(targets)('turns %s into a metric of the type', (name, target) => {
    const metric = metrics.get(target.metric)
    expect(metric?.id).toBe(target.metric)
    const { factor = 1, offset = 0, values } = target
    expect(Number.isFinite(factor) && factor !== 0 && Number.isFinite(offset)).toBe(true)
    for (const [text, value] of Object.entries(values ?? {}))
      expect(read(type, codec.id, { [name]: text })).toEqual({ [target.metric]: value })
    if (metric?.kind === 'boolean') {
      if (values === undefined)
        expect(read(type, codec.id, { [name]: 1 })).toEqual({ [target.metric]: true })
      return
    }
    const said = read(type, codec.id, { [name]: 2 })
    if (values !== undefined) return
    const value = typeof said === 'string' ? Number.NaN : Number(said[target.metric])
    expect(value).toBeCloseTo(2 * factor + offset, 9)
  })

  it('drops what it ignores and keeps what it does not know', () => {
    for (const pattern of codec.ignored ?? []) {
      expect(pattern.slice(0, -1)).not.toContain('*')
      expect(read(type, codec.id, { [pattern.replace('*', 'x1')]: 1 })).toEqual({})
    }
    expect(read(type, codec.id, { 'no-such-name': 1 })).toEqual({ 'no-such-name': 1 })
  })

  it('has a name for everything in its bytes', () => {
    if (codec.bytes === undefined) return
    const fields =
      codec.bytes.kind === 'channels' ? Object.values(codec.bytes.channels) : codec.bytes.fields
    const known = [...Object.keys(codec.names), ...(codec.ignored ?? [])]
    for (const field of fields) expect(known).toContain(field.name)
    if (codec.bytes.kind === 'channels')
      for (const channel of Object.keys(codec.bytes.channels))
        expect(channel).toMatch(/^[0-9a-f]{4}$/)
  })
})

describe('codecs', () => {
  const typeNamed = (id: string): DeviceType => {
    const type = deviceTypes.find((one) => one.id === id)
    if (type === undefined) throw new Error(`Expected a type ${id}`)
    return type
  }

  it('read a plant outlet as its monitor sends it, litres per second and all', () => {
    expect(
      read(typeNamed('sewage-plant'), 'hj212', {
        w01018: 38.2,
        w21003: 3.91,
        w00000: 42.3,
        'w00000-Cou': 152.4,
        '2061:w01018': 37,
      }),
    ).toEqual({ cod: 38.2, nh3n: 3.91, flow: 152.28 })
  })

  it('lose nothing of what a plant sends for ten minutes', () => {
    const golden = goldenFrames('hj212').find(({ name }) => name === 'plant-ten-minutes.json')
    const { readings } = decodeWith(decodeHj212, golden?.bytes ?? new Uint8Array(0), '')
    expect(
      readings.map(({ metrics }) => read(typeNamed('sewage-plant'), 'hj212', metrics)),
    ).toEqual([{ cod: 38.2, nh3n: 3.91, volume: 152.4 }])
  })

  const plant = {
    w01018: 41,
    '2051:w01018': 38.2,
    '2061:w01018': 37,
    '2031:w01018': 36,
    'w00000-Cou': 1.5,
    '2051:w00000-Cou': 152.4,
    '2061:w00000-Cou': 900,
  }
  const site = { LA: 71, a34002: 0.2, '2051:LA': 65, '2061:LA': 66, '2061:a34002': 0.15 }
  it.each<[string, string, Readonly<Record<string, number>>, Readonly<Record<string, number>>]>([
    ['sewage-plant', 'hj212-real-time', plant, { cod: 41 }],
    ['sewage-plant', 'hj212-hourly', plant, { cod: 37, volume: 900 }],
    ['site-dust-noise', 'hj212-real-time', site, { noise_leq: 71, pm10: 200 }],
    ['site-dust-noise', 'hj212-hourly', site, { noise_leq: 66, pm10: 150 }],
  ])('of a %s: %s takes one kind of value', (id, codec, said, kept) => {
    expect(read(typeNamed(id), codec, said)).toEqual(kept)
  })

  it.each([
    ['site-dust-noise', 'a01001', 'temp'],
    ['weather-station', 'a01001', 'temp'],
    ['river-station', 'w01001', 'ph'],
  ])('of a %s take the means of minutes like real-time values', (id, code, metric) => {
    expect(read(typeNamed(id), 'hj212', { [code]: 7 })).toEqual({ [metric]: 7 })
    expect(read(typeNamed(id), 'hj212', { [`2051:${code}`]: 7 })).toEqual({ [metric]: 7 })
    expect(read(typeNamed(id), 'hj212', { [`2061:${code}`]: 7 })).toEqual({})
  })

  it.each(['chirpstack', 'tts', 'senml', 'thing-model'])(
    'read a room sensor that comes by %s',
    (format) => {
      const said = { temperature: 19.5, humidity: 40, battery: 87, gpio: 1 }
      expect(read(typeNamed('indoor-temperature'), format, said)).toEqual({
        room_temp: 19.5,
        humidity: 40,
        battery_pct: 87,
      })
    },
  )

  const withTemp = deviceTypes.filter(({ metrics }) => metrics.some(({ id }) => id === 'temp'))
  it.each(withTemp.map((type): [string, DeviceType] => [type.id, type]))(
    'know what a sensor in a %s means by temperature',
    (_, type) => {
      for (const format of ['chirpstack', 'tts', 'zigbee2mqtt'])
        expect(read(type, format, { temperature: 3 }), format).toEqual({ temp: 3 })
    },
  )

  it('read the codes of 2005 too', () => {
    expect(read(typeNamed('sewage-plant'), 'hj212', { '011': 41, B01: 10, '001': 7.2 })).toEqual({
      cod: 41,
      flow: 36,
      ph: 7.2,
    })
  })

  it('keep a plant inlet apart from its outlet', () => {
    expect(
      read(typeNamed('sewage-plant'), 'hj212-inlet', { w01018: 412, w00000: 500, w01010: 12 }),
    ).toEqual({ in_cod: 412, in_flow: 1800 })
  })

  it('read a river telegram', () => {
    expect(
      read(typeNamed('river-station'), 'sl651', { '20': 4, '26': 4, '39': 10.49, '38': 10.99 }),
    ).toEqual({ rain: 4, rain_total: 4, level: 10.49, battery_v: 10.99 })
  })

  it.each(['water-main', 'well-meter', 'reclaimed-water-meter'])('read a meter of a %s', (id) => {
    expect(read(typeNamed(id), 'cjt188', { total: 556677 })).toEqual({ total: 556677 })
  })
})
