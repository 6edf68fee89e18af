// SL 651: the frames of hydrological stations, in bytes and as hex text.

import { describe, expect, it } from 'vitest'
import { crcModbus } from '../../../src/decoders/crc-16.ts'
import { decodeSl651 } from '../../../src/decoders/sl651.ts'
import { ascii, decodeWith, describeByteFormat, glued, goldenFrames, shown } from './byte-golden.ts'

describeByteFormat('sl651', decodeSl651)

const HEADER = '7E7E0100123456781234'
const SENT = '0001261101223000'
const OBSERVED = 'F1F1001234567848F0F02611012230'

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

function frame(command: string, body: string, mark = '02'): Uint8Array {
  const bytes = hex(body)
  const length = bytes.length.toString(16).padStart(4, '0')
  const open = glued(hex(HEADER), hex(command), hex(length), hex(mark), bytes, hex('03'))
  const crc = crcModbus(open, 0, open.length)
  return glued(open, Uint8Array.of(crc >> 8, crc & 0xff))
}

function decode(bytes: Uint8Array) {
  return decodeWith(decodeSl651, bytes)
}

describe('decodeSl651(): hex text', () => {
  it.each(goldenFrames('sl651'))('$name reads the same', ({ bytes, expected }) => {
    for (const text of [
      Buffer.from(bytes).toString('hex'),
      Buffer.from(bytes).toString('hex').toUpperCase(),
      `${Buffer.from(bytes).toString('hex').replaceAll(/(..)/g, '$1 ')}\r\n`,
    ]) {
      const decoded = decode(ascii(text))
      expect(shown(decoded.readings)).toEqual(expected.readings)
      expect(decoded.refused).toEqual([])
    }
  })

  it('without its end is refused at once: text is not a stream', () => {
    for (const { bytes } of goldenFrames('sl651'))
      for (let cut = 2; cut < bytes.length; cut++) {
        const decoded = decode(ascii(Buffer.from(bytes.subarray(0, cut)).toString('hex')))
        expect(decoded.rest).toHaveLength(0)
        expect(decoded.readings).toEqual([])
        expect(decoded.refused.map(({ code }) => code)).toEqual(['broken_frame'])
      }
  })
})

describe('decodeSl651(): elements', () => {
  it.each([
    ['timed', '32'],
    ['extra', '33'],
    ['hourly', '34'],
  ])('of a %s report are read', (_, command) => {
    const decoded = decode(frame(command, `${SENT}${OBSERVED} 392300010490 38121099`))
    expect(shown(decoded.readings)).toEqual([
      {
        ts: '2026-11-01T14:30:00.000Z',
        seq: null,
        device: '0012345678',
        metrics: { '38': 10.99, '39': 10.49 },
      },
    ])
  })

  it.each([
    ['a minus sign', '392BFF00000127', { '39': -0.127 }],
    ['a negative zero', '3923FF000000', { '39': 0 }],
    ['no decimals', '48180001 23', { '48': 123 }],
    ['an extended element', 'FF21190000 05', { ff21: 0.5 }],
    ['the state of the station', '452000000003', { '45': 3 }],
  ])('%s', (_, element, metrics) => {
    const decoded = decode(frame('32', `${SENT}${OBSERVED}${element}`))
    expect(decoded.readings.map((reading) => reading.metrics)).toEqual([metrics])
    expect(decoded.refused).toEqual([])
  })

  it('that were not measured, or are no digits, are refused by name and the others kept', () => {
    const decoded = decode(
      frame('32', `${SENT}${OBSERVED} 3923FFFFFFFF 2019AAAAAA 2619 0A0005 38121099`),
    )
    expect(decoded.readings.map(({ metrics }) => metrics)).toEqual([{ '38': 10.99 }])
    expect(decoded.refused).toEqual([
      { code: 'bad_quality', detail: 'no value measured: 39, 20', device: '0012345678' },
      { code: 'wrong_type', detail: 'expected digits in 26', device: '0012345678' },
    ])
  })

  it('behind a second time of observation are another reading', () => {
    const decoded = decode(frame('32', `${SENT}${OBSERVED} 38121099 F0F02611012200 38121100`))
    expect(shown(decoded.readings)).toMatchObject([
      { ts: '2026-11-01T14:30:00.000Z', metrics: { '38': 10.99 } },
      { ts: '2026-11-01T14:00:00.000Z', metrics: { '38': 11 }, isBacklog: true },
    ])
  })

  it('without a time of observation were observed when they were sent', () => {
    expect(shown(decode(frame('33', `${SENT}38121099`)).readings)[0]?.ts).toBe(
      '2026-11-01T14:30:00.000Z',
    )
  })

  it('of an observed station belong to it, not to the sender', () => {
    const decoded = decode(frame('32', `${SENT} F1F10099887766 48 F0F02611012230 38121099`))
    expect(decoded.readings[0]?.device).toBe('0099887766')
  })

  it('of an hour in twelve parts have times of their own', () => {
    const rain = '000102030405060708090AFF'
    const levels = Array.from({ length: 12 }, (_, part) =>
      (100 + part).toString(16).padStart(4, '0'),
    ).join('')
    const decoded = decode(
      frame('34', `${SENT} F1F1001234567848 F0F02611012130 F460${rain} F5C0${levels} 38121099`),
    )
    expect(decoded.readings).toHaveLength(12)
    expect(shown(decoded.readings)[0]).toMatchObject({
      ts: '2026-11-01T13:30:00.000Z',
      metrics: { f4: 0, f5: 1, '38': 10.99 },
      isBacklog: true,
    })
    expect(shown(decoded.readings)[10]).toMatchObject({
      ts: '2026-11-01T14:20:00.000Z',
      metrics: { f4: 1, f5: 1.1 },
    })
    expect(shown(decoded.readings)[11]?.metrics).toEqual({ f5: 1.11 })
    expect(decoded.refused).toMatchObject([
      { code: 'bad_quality', detail: 'no value measured: f4' },
    ])
  })
})

describe('decodeSl651(): even intervals', () => {
  const series = (step: string, values: string) =>
    decode(frame('31', `${SENT} F1F1001234567848 F0F02611012200 0418${step} 3923${values}`))

  it('end at the time of sending', () => {
    const decoded = series('000010', '00001000 00001001 00001002 00001003')
    expect(shown(decoded.readings).map(({ ts, metrics }) => [ts, metrics['39']])).toEqual([
      ['2026-11-01T14:00:00.000Z', 1],
      ['2026-11-01T14:10:00.000Z', 1.001],
      ['2026-11-01T14:20:00.000Z', 1.002],
      ['2026-11-01T14:30:00.000Z', 1.003],
    ])
  })

  it.each([
    ['a value that is cut', '000010', '00001000 000010'],
    ['more values than the time has room for', '000010', '00001000'.repeat(9)],
    ['a step that is no number', '0000F0', '00001000'],
  ])('with %s are not read', (_, step, values) => {
    const decoded = series(step, values)
    expect(decoded.readings).toEqual([])
    expect(decoded.refused).toHaveLength(1)
  })
})

describe('decodeSl651(): what it refuses', () => {
  it.each([
    ['a picture', frame('36', `${SENT}${OBSERVED}F3F3FFD8FFE1`), 'unsupported'],
    ['one of several packets', frame('32', `${SENT}38121099`, '16'), 'unsupported'],
    ['a manual setting', frame('32', `${SENT}${OBSERVED}F2F2414243`), 'unsupported'],
    ['a function that stations do not report with', frame('46', SENT), 'unsupported'],
    [
      'an element that goes on behind the end',
      frame('32', `${SENT}${OBSERVED}3923000104`),
      'wrong_shape',
    ],
    ['an element without a length', frame('32', `${SENT}${OBSERVED}39`), 'wrong_shape'],
    ['an element of no bytes', frame('32', `${SENT}${OBSERVED}3900`), 'wrong_shape'],
    ['an hour that is not whole', frame('34', `${SENT}${OBSERVED}F4080102`), 'wrong_shape'],
    [
      'a time of sending that does not exist',
      frame('32', `0001261301223000${OBSERVED}38121099`),
      'bad_timestamp',
    ],
    [
      'a time of observation that does not exist',
      frame('32', `${SENT}F0F02611312230 38121099`),
      'bad_timestamp',
    ],
    ['no elements', frame('32', SENT), 'empty'],
    ['a body too short', frame('32', '0001'), 'wrong_shape'],
  ])('%s', (_, bytes, code) => {
    const decoded = decode(bytes)
    expect(decoded.readings).toEqual([])
    expect(decoded.refused).toMatchObject([{ code, device: '0012345678' }])
  })

  it('keeps what stood before an element that it cannot measure off', () => {
    const decoded = decode(frame('32', `${SENT}${OBSERVED}38121099 3923000104`))
    expect(decoded.readings.map(({ metrics }) => metrics)).toEqual([{ '38': 10.99 }])
    expect(decoded.refused).toMatchObject([{ code: 'wrong_shape' }])
  })

  it('takes a packet whose number counts apart from its length', () => {
    const body = hex(`002B01${SENT}`)
    const open = glued(hex(HEADER), hex('36'), hex('0008'), hex('16'), body, hex('03'))
    const crc = crcModbus(open, 0, open.length)
    const decoded = decode(glued(open, Uint8Array.of(crc >> 8, crc & 0xff)))
    expect(decoded.refused).toMatchObject([{ code: 'unsupported' }])
  })
})
