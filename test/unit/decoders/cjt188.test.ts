// CJ/T 188: meters of water, heat and gas.

import { describe, expect, it } from 'vitest'
import { decodeCjt188 } from '../../../src/decoders/cjt188.ts'
import { ascii, decodeWith, describeByteFormat, glued, goldenFrames, shown } from './byte-golden.ts'

describeByteFormat('cjt188', decodeCjt188)

const ADDRESS = '44332211003378'
const CLOCK = '00302201112620'

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

function frame(content: string, type = '10', control = '81'): Uint8Array {
  const bytes = hex(content)
  const open = glued(hex(`68${type}${ADDRESS}${control}`), Uint8Array.of(bytes.length), bytes)
  const sum = open.reduce((total, byte) => (total + byte) & 0xff, 0)
  return glued(open, Uint8Array.of(sum, 0x16))
}

function decode(bytes: Uint8Array) {
  return decodeWith(decodeCjt188, bytes)
}

const water = (total: string, unit = '2C', clock = CLOCK) =>
  `1F9000 ${total}${unit} 00000000${unit} ${clock} 0000`
/** Unit behind each value, as most makers do it. */
const heat = (units: readonly string[]) => {
  const [settled = '', energy = '', power = '', flow = '', total = ''] = units
  return `1F9000 00000000${settled} 56341200${energy} 78560000${power} 34120000${flow} 99990000${total} 506500 204500 240100 ${CLOCK} 0000`
}

describe('decodeCjt188(): hex text', () => {
  it.each(goldenFrames('cjt188'))('$name reads the same', ({ bytes, expected }) => {
    const decoded = decode(ascii(Buffer.from(bytes).toString('hex')))
    expect(shown(decoded.readings)).toEqual(expected.readings)
    expect(decoded.refused).toEqual(expected.refused)
  })
})

describe('decodeCjt188(): water and gas', () => {
  it.each(['10', '11', '12', '13', '30'])('type %s: the totals, in cubic metres', (type) => {
    expect(shown(decode(frame(water('78563412'), type)).readings)).toEqual([
      {
        ts: '2026-11-01T14:30:00.000Z',
        seq: null,
        device: '78330011223344',
        metrics: { total: 123456.78, total_settled: 0 },
      },
    ])
  })

  it('an older meter names its data the other way round', () => {
    expect(decode(frame(water('00010000').replace('1F90', '901F'))).readings).toHaveLength(1)
  })

  it('a meter without a clock has the time of receipt', () => {
    expect(decode(frame(water('00010000', '2C', '00000000000000'))).readings[0]?.ts).toBeNull()
  })

  it.each([
    [
      'another unit',
      water('00010000', '29'),
      '10',
      'unsupported',
      'total: expected a unit of 2C, got 29',
    ],
    [
      'digits that are none',
      water('0A010000'),
      '10',
      'wrong_type',
      'total: expected digits, got 0a010000',
    ],
    [
      'a clock that cannot be',
      water('00010000', '2C', '00302232112620'),
      '10',
      'bad_timestamp',
      /clock/,
    ],
    ['another length', '1F9000 000100002C', '10', 'unsupported', /19 bytes/],
    ['other data', 'D12000 000100002C', '10', 'unsupported', /D120/],
    ['a meter of electricity', water('00010000'), '40', 'unsupported', /meter type/],
    ['no data at all', '', '10', 'unsupported', /1F90/],
  ])('refuses %s', (_, content, type, code, detail) => {
    const decoded = decode(frame(content, type))
    expect(decoded.readings).toEqual([])
    expect(decoded.refused).toMatchObject([{ code, device: '78330011223344' }])
    expect(decoded.refused[0]?.detail).toMatch(detail)
  })
})

describe('decodeCjt188(): heat', () => {
  it('units behind the values', () => {
    const decoded = decode(frame(heat(['05', '05', '17', '35', '2C']), '20'))
    expect(decoded.refused).toEqual([])
    expect(decoded.readings[0]?.metrics).toEqual({
      energy: 1234.56,
      power: 56.78,
      flow: 0.1234,
      total: 99.99,
      supply: 65.5,
      return: 45.2,
    })
  })

  it('MWh become kWh', () => {
    const decoded = decode(frame(heat(['08', '08', '17', '35', '2C']), '20'))
    expect(decoded.readings[0]?.metrics['energy']).toBe(1_234_560)
  })

  it('units that no source confirms are not guessed at', () => {
    const decoded = decode(frame(heat(['11', '11', '17', '35', '2C']), '20'))
    expect(decoded.refused).toMatchObject(
      [{ code: 'unsupported', detail: /units: .* got neither/ }].map(({ code }) => ({ code })),
    )
    expect(decoded.refused[0]?.detail).toMatch(/units: .*neither/)
  })

  it('data of another length are not guessed at', () => {
    expect(decode(frame(water('00010000'), '20')).refused).toMatchObject([{ code: 'unsupported' }])
  })
})

describe('decodeCjt188(): other talk on the line', () => {
  it.each([
    ['a question', '01', '1F9000'],
    ['an address told', '83', '810A01'],
    ['a setting confirmed', '84', 'A01700'],
  ])('%s holds no reading', (_, control, content) => {
    const decoded = decode(frame(content, '10', control))
    expect(decoded.readings).toEqual([])
    expect(decoded.refused).toEqual([])
  })

  it("a meter's refusal is refused", () => {
    expect(decode(frame('1F9000', '10', 'C1')).refused).toMatchObject([{ code: 'unsupported' }])
  })

  it('wake-up bytes alone, before and between frames mean nothing', () => {
    const good = frame(water('00010000'))
    expect(decode(hex('FEFEFE')).refused).toEqual([])
    const decoded = decode(glued(hex('FEFE'), good, hex('FEFEFEFE'), good, hex('FE')))
    expect(decoded.readings).toHaveLength(2)
    expect(decoded.refused).toEqual([])
  })
})
