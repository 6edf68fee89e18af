// Names and bytes of other networks become metrics by the table of a codec.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { translate } from '../../../src/core/messages/codec.ts'
import { compileType } from '../../../src/core/compiled-type.ts'
import type { Codec, DeviceType, Metric } from '../../../src/core/device-type.ts'
import { createLocalTime } from '../../../src/core/time/local-time.ts'
import type { RawReading } from '../../../src/core/messages/reading.ts'

function metric(id: string, kind: Metric['kind'] = 'number'): Metric {
  return { id, name: { zh: id, en: id }, unit: '1', kind, min: -1e9, max: 1e9, precision: 1 }
}

const codecs: readonly Codec[] = [
  {
    id: 'hj212',
    names: {
      a34002: { metric: 'pm10', factor: 1000 },
      w00000: { metric: 'flow', factor: 3.6 },
      t: { metric: 'temp', factor: 1.8, offset: 32 },
      LA: 'noise',
      state: { metric: 'open', values: { ON: true, OFF: false, '2': true } },
    },
    ignored: ['2061:*', 'w00000-Cou'],
  },
  {
    id: 'milesight-em300',
    names: { battery: 'battery_pct', temperature: 'temp', humidity: 'humidity' },
    ignored: ['gpio'],
    bytes: {
      kind: 'channels',
      channels: {
        '0175': { name: 'battery', bytes: 1 },
        '0367': { name: 'temperature', bytes: 2, signed: true, factor: 0.1 },
        '0468': { name: 'humidity', bytes: 1, factor: 0.5 },
        '0500': { name: 'gpio', bytes: 1 },
        FFEE: { name: 'humidity', bytes: 4, bigEndian: true },
      },
    },
  },
  {
    id: 'fixed-box',
    names: { lid: 'open', level: 'flow', top: 'noise' },
    bytes: {
      kind: 'fixed',
      fields: [
        { name: 'lid', at: 0, bytes: 1, bit: 7 },
        { name: 'level', at: 1, bytes: 3, bigEndian: true, factor: 0.001 },
        { name: 'top', at: 4, bytes: 4, bit: 31 },
      ],
    },
  },
]

const type: DeviceType = {
  id: 'box',
  name: { zh: '箱', en: 'box' },
  component: '0000',
  department: 'x',
  reportSeconds: 60,
  metrics: [
    metric('pm10'),
    metric('flow'),
    metric('temp'),
    metric('noise'),
    metric('humidity'),
    metric('open', 'boolean'),
  ],
  rules: [],
  codecs,
}
const compiled = compileType(type, createLocalTime('Asia/Shanghai'))

function raw(metrics: Readonly<Record<string, unknown>>, hex?: string): RawReading {
  const reading = { ts: 5, seq: 7, device: 'd', isBacklog: true, metrics }
  return hex === undefined
    ? reading
    : { ...reading, bytes: new Uint8Array(Buffer.from(hex, 'hex')) }
}

describe('translate(): names', () => {
  it.each([
    ['renames', { LA: 63.4 }, { noise: 63.4 }],
    [
      'scales without the noise of doubles',
      { a34002: 0.312, w00000: 0.1 },
      { pm10: 312, flow: 0.36 },
    ],
    ['adds', { t: 100 }, { temp: 212 }],
    ['replaces texts and numbers', { state: 'ON' }, { open: true }],
    ['replaces numbers', { state: 2 }, { open: true }],
    ['makes 0 and 1 what a boolean is', { state: 1, LA: 1 }, { open: true, noise: 1 }],
    ['makes them so under the own name too', { open: 0 }, { open: false }],
    ['leaves other numbers for validation to name', { open: 3 }, { open: 3 }],
    [
      'leaves texts it does not know',
      { state: 'AJAR', a34002: '0.3' },
      { open: 'AJAR', pm10: '0.3' },
    ],
    ['leaves unknown names', { b: 1, noise: 2 }, { b: 1, noise: 2 }],
    ['drops ignored names', { '2061:LA': 1, '2061:': 2, 'w00000-Cou': 3, LA: 4 }, { noise: 4 }],
    [
      'leaves what is not finite',
      { a34002: Number.POSITIVE_INFINITY },
      { pm10: Number.POSITIVE_INFINITY },
    ],
  ])('%s', (_, metrics, expected) => {
    expect(translate(raw(metrics), compiled, null, 'hj212')).toEqual({ reading: raw(expected) })
  })

  it('says nothing when all that was said is known and not kept', () => {
    const ignored = { '2061:a34002': 0.2, 'w00000-Cou': 5 }
    expect(translate(raw(ignored), compiled, null, 'hj212')).toEqual({ reading: null })
    expect(translate(raw({}), compiled, null, 'hj212')).toEqual({ reading: raw({}) })
  })

  it('keeps names that stand for nothing safe', () => {
    const metrics = JSON.parse('{"__proto__":1,"constructor":2}')
    const translated = translate(raw(metrics), compiled, null, 'hj212')
    expect('reading' in translated && Object.keys(translated.reading?.metrics ?? {})).toEqual([
      '__proto__',
      'constructor',
    ])
  })

  it('hands a canonical reading on as it is, whatever the device names', () => {
    const reading = raw({ LA: 1 }, '00')
    const translated = translate(reading, compiled, 'nonsense', 'canonical')
    expect('reading' in translated && translated.reading).toBe(reading)
  })

  it("takes the device's codec before the format's", () => {
    expect(translate(raw({ battery: 9, LA: 1 }), compiled, 'milesight-em300', 'hj212')).toEqual({
      reading: raw({ battery_pct: 9, LA: 1 }),
    })
  })

  it('without a codec for the format keeps names, and reads 0 and 1', () => {
    expect(translate(raw({ open: 1, LA: 1 }), compiled, null, 'senml')).toEqual({
      reading: raw({ open: true, LA: 1 }),
    })
  })

  it('refuses a codec that the type does not have', () => {
    expect(translate(raw({ LA: 1 }), compiled, 'gone', 'hj212')).toEqual({
      refusal: {
        code: 'no_codec',
        detail: 'codec: expected hj212, milesight-em300, fixed-box for type "box", got "gone"',
      },
    })
  })
})

describe('translate(): channels', () => {
  function read(hex: string, metrics = {}) {
    return translate(raw(metrics, hex), compiled, 'milesight-em300', 'chirpstack')
  }

  it('reads the message of a real sensor', () => {
    expect(read('017554036 7BA00046862050001'.replace(' ', ''))).toEqual({
      reading: raw({ battery_pct: 84, temp: 18.6, humidity: 49 }),
    })
  })

  it.each([
    ['below zero', '0367CEFF', { temp: -5 }],
    ['the later of two', '0468010468 64'.replace(' ', ''), { humidity: 50 }],
    ['four bytes, high byte first', 'FFEEFFFFFFFE', { humidity: 4_294_967_294 }],
  ])('reads %s', (_, hex, metrics) => {
    expect(read(hex)).toEqual({ reading: raw(metrics) })
  })

  it("win over what the network made of them; of its names only the type's and the table's stay", () => {
    expect(
      read('0367BA00', { temperature: 99, humidity: 40, rssi: -80, battery: 5, junk: 1 }),
    ).toEqual({
      reading: raw({ temp: 18.6, humidity: 40, rssi: -80, battery_pct: 5 }),
    })
  })

  it.each([
    [
      'an unknown channel',
      '01755403FF00',
      'bytes: expected a channel of the codec at byte 3, got 03ff',
    ],
    ['half a channel', '01755403', 'bytes: expected a channel of the codec at byte 3, got 03'],
    ['a field that is cut', '0367BA', 'bytes: expected 2 bytes of temperature at byte 2, got 1'],
  ])('refuses %s', (_, hex, detail) => {
    expect(read(hex)).toEqual({ refusal: { code: 'wrong_shape', detail } })
  })
})

describe('translate(): fixed places', () => {
  it('reads bits, three bytes and the highest bit of four', () => {
    expect(translate(raw({}, '8001E24000000000'), compiled, 'fixed-box', 'ctwing')).toEqual({
      reading: raw({ open: true, flow: 123.456, noise: false }),
    })
    expect(translate(raw({}, '7F00000100000080'), compiled, 'fixed-box', 'ctwing')).toMatchObject({
      reading: { metrics: { open: false, flow: 0.001, noise: true } },
    })
  })

  it('refuses bytes that end too early', () => {
    expect(translate(raw({}, '80'), compiled, 'fixed-box', 'ctwing')).toEqual({
      refusal: {
        code: 'wrong_shape',
        detail: 'bytes: expected 3 bytes of level at byte 1, got 1 in all',
      },
    })
  })
})

describe('translate(): bytes without a reader', () => {
  it.each([
    [null, 'expected a codec that reads 2 bytes of a vendor, got none'],
    ['hj212', 'expected a codec that reads 2 bytes of a vendor, got "hj212", which reads names'],
  ])('are refused where nothing else is known: codec %s', (codec, detail) => {
    expect(translate(raw({}, '0102'), compiled, codec, 'ctwing')).toEqual({
      refusal: { code: 'no_codec', detail },
    })
  })

  it('do not matter where names are known', () => {
    expect(translate(raw({ noise: 5 }, '0102'), compiled, null, 'tts')).toEqual({
      reading: raw({ noise: 5 }),
    })
  })
})

describe('translate(): any bytes', () => {
  it('never throws, and gives numbers, booleans or a reason', () => {
    const codec = fc.constantFrom('milesight-em300', 'fixed-box', 'hj212', null)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), codec, (bytes, name) => {
        const translated = translate({ ...raw({}), bytes }, compiled, name, 'chirpstack')
        if ('refusal' in translated)
          expect(translated.refusal.detail.length).toBeLessThanOrEqual(300)
        else
          for (const value of Object.values(translated.reading?.metrics ?? {}))
            expect(['number', 'boolean']).toContain(typeof value)
      }),
    )
  })
})
