// HJ 212: the frames of pollution monitors, and what is known of them from the field.

import { describe, expect, it } from 'vitest'
import { crcHj212, crcModbus } from '../../../src/decoders/crc-16.ts'
import { decodeHj212 } from '../../../src/decoders/hj212.ts'
import { ascii, decodeWith, describeByteFormat, glued, goldenFrames, shown } from './byte-golden.ts'

describeByteFormat('hj212', decodeHj212)

const topic = 'dtu/860000000000001/up'
const head = 'QN=20261101223000123;ST=22;CN=2011;PW=123456;MN=150802DUST;Flag=4'
const site = goldenFrames('hj212').find(({ name }) => name === 'site-real-time.json')

/** A frame around the segment, with the length as it is or as told. */
function frame(segment: string | Uint8Array, length?: number): Uint8Array {
  const bytes = typeof segment === 'string' ? ascii(segment) : segment
  const crc = crcHj212(bytes, 0, bytes.length).toString(16).toUpperCase().padStart(4, '0')
  const digits = String(length ?? bytes.length).padStart(4, '0')
  return glued(ascii(`##${digits}`), bytes, ascii(`${crc}\r\n`))
}

function decode(bytes: Uint8Array, on = topic) {
  return decodeWith(decodeHj212, bytes, on)
}

function data(items: string, command = '2011', flag = 4): Uint8Array {
  return frame(
    `QN=20261101223000123;ST=22;CN=${command};PW=123456;MN=150802DUST;Flag=${flag};CP=&&${items}&&`,
  )
}

describe('crcHj212()', () => {
  it('is the one of the standard, and not that of MODBUS', () => {
    const segment = ascii(
      'QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&',
    )
    expect(crcHj212(segment, 0, segment.length)).toBe(0x1c80)
    expect(crcModbus(segment, 0, segment.length)).toBe(0x0759)
  })
})

describe('decodeHj212(): frames', () => {
  it('takes the CRC in lower case, and no line end', () => {
    const text = Buffer.from(site?.bytes ?? []).toString()
    const lower = decode(ascii(text.slice(0, -4) + text.slice(-4).toLowerCase()))
    expect(lower.readings).toHaveLength(1)
    expect(decode(ascii(`${text}\r\n`)).readings).toEqual(lower.readings)
    expect(decode(ascii(`${text}\r\n`)).refused).toEqual([])
  })

  it('refuses garbage between two frames once, and reads both', () => {
    const good = site?.bytes ?? new Uint8Array(0)
    const decoded = decode(glued(ascii('AT+OK '), good, ascii('xx#y##zz'), good, ascii('!')))
    expect(decoded.readings).toHaveLength(2)
    expect(decoded.refused).toEqual([
      {
        code: 'broken_frame',
        detail: 'expected the beginning of a frame at byte 0, got 6 bytes that are no whole frame',
      },
      {
        code: 'broken_frame',
        detail:
          'expected the beginning of a frame at byte 210, got 8 bytes that are no whole frame',
      },
      {
        code: 'broken_frame',
        detail:
          'expected the beginning of a frame at byte 422, got 1 bytes that are no whole frame',
      },
    ])
  })

  it('names the sender of a frame whose CRC does not fit', () => {
    const bytes = frame(`${head};CP=&&LA-Rtd=63.4&&`)
    bytes[bytes.length - 12] = 0x39
    expect(decode(bytes).refused).toMatchObject([{ code: 'bad_checksum', device: '150802DUST' }])
  })

  const chinese = `${head};CP=&&LA-Rtd=63.4;name=工地东门工地东门&&`
  const utf8 = new Uint8Array(Buffer.from(chinese))
  const gbk = glued(
    ascii(`${head};CP=&&LA-Rtd=63.4;name=`),
    Uint8Array.of(0xb9, 0xa4, 0xb5, 0xd8, 0xb6, 0xab, 0xc3, 0xc5),
    Uint8Array.of(0xb9, 0xa4, 0xb5, 0xd8, 0xb6, 0xab, 0xc3, 0xc5),
    ascii('&&'),
  )
  const chineseFrames: readonly (readonly [string, Uint8Array])[] = [
    ['UTF-8, length in characters', frame(utf8, chinese.length)],
    ['UTF-8, length in bytes', frame(utf8)],
    ['GBK, length in characters', frame(gbk, chinese.length)],
    ['GBK, length in bytes', frame(gbk)],
  ]

  it.each(chineseFrames)('reads a frame with Chinese text: %s', (_, bytes) => {
    const decoded = decode(glued(bytes, site?.bytes ?? new Uint8Array(0)))
    expect(decoded.readings.map(({ metrics }) => metrics['LA'])).toEqual([63.4, 63.4])
    expect(decoded.refused).toMatchObject([{ code: 'wrong_type', device: '150802DUST' }])
  })

  it.each(chineseFrames)('cut in a Chinese text, waits for the rest: %s', (_, bytes) => {
    for (let cut = 1; cut < bytes.length - 2; cut++) {
      const first = decode(bytes.subarray(0, cut))
      expect(first.readings, `cut at ${cut}`).toEqual([])
      const second = decode(glued(first.rest, bytes.subarray(cut)))
      expect(second.readings, `cut at ${cut}`).toHaveLength(1)
    }
  })

  it('refuses a length that no frame has, and waits for none', () => {
    const decoded = decode(ascii(`##9999${head}`))
    expect(decoded.rest).toHaveLength(0)
    expect(decoded.refused).toMatchObject([{ code: 'broken_frame' }])
  })

  it('never repeats the password in a reason', () => {
    const bytes = frame(`${head};CP=&&LA-Rtd=x&&`)
    bytes[bytes.length - 8] = 0x21
    for (const one of [bytes, bytes.subarray(3), data('LA-Rtd=x', '2099')])
      expect(JSON.stringify(decode(one).refused)).not.toContain('123456')
  })
})

describe('decodeHj212(): values', () => {
  it.each([
    ['real time', '2011', 'LA-Rtd=63.4,LA-Flag=N', { LA: 63.4 }],
    ['real time, the only value', '2011', 'LA-Leq=63.4,LA-Flag=N', { LA: 63.4 }],
    ['real time without a kind (2005)', '2011', '011=12.5', { '011': 12.5 }],
    ['minutes: the mean', '2051', 'w01018-Avg=3,w01018-Max=9,w01018-Rtd=5', { '2051:w01018': 3 }],
    [
      'minutes: real time where there is no mean',
      '2051',
      'w01018-Rtd=5,w01018-Max=9',
      { '2051:w01018': 5 },
    ],
    [
      'minutes: the sum under a name of its own',
      '2051',
      'w00000-Cou=7.5',
      { '2051:w00000-Cou': 7.5 },
    ],
    ['hours', '2061', 'w01018-Avg=3,w01018-Cou=2', { '2061:w01018': 3, '2061:w01018-Cou': 2 }],
    ['days', '2031', 'Ld-Data=54.2', { '2031:Ld': 54.2 }],
    ['signs, blanks', '2011', ' w01010-Rtd = -2.5 , w01010-Flag = n ', { w01010: -2.5 }],
    ['a point without digits', '2011', 'a-Rtd=.5;b-Rtd=7.', { a: 0.5, b: 7 }],
  ])('%s', (_, command, items, metrics) => {
    const decoded = decode(data(`DataTime=20261101223000;${items}`, command))
    expect(decoded.readings.map((reading) => reading.metrics)).toEqual([metrics])
    expect(decoded.refused).toEqual([])
  })

  it.each([
    ['M', 'maintenance'],
    ['F', 'stopped'],
    ['D', 'fault'],
    ['C', 'calibration'],
    ['T', 'over range'],
    ['B', 'communication fault'],
    ['S', 'set by hand'],
  ])('a value with flag %s is refused as %s, its neighbour kept', (flag, meaning) => {
    const decoded = decode(data(`a34001-Rtd=9,a34001-Flag=${flag};LA-Rtd=60,LA-Flag=N`))
    expect(decoded.readings.map(({ metrics }) => metrics)).toEqual([{ LA: 60 }])
    expect(decoded.refused).toMatchObject([
      {
        code: 'bad_quality',
        detail: `a34001: flag "${flag}" (${meaning}), expected N`,
        device: '150802DUST',
      },
    ])
  })

  it('a value that is no number is refused, its neighbour kept', () => {
    const decoded = decode(
      data('a34001-Rtd=--;a34002-Rtd=1e3;a34004-Rtd=;LA-Rtd=60;constructor-Rtd=1;__proto__-Rtd=2'),
    )
    expect(decoded.readings.map(({ metrics }) => metrics)).toEqual([{ LA: 60, constructor: 1 }])
    expect(decoded.refused).toMatchObject([
      {
        code: 'wrong_type',
        detail:
          'a34001: expected a number, got "--"; a34002: expected a number, got "1e3"; a34004: expected a number, got ""; expected a code of letters and digits, got "__proto__"',
      },
    ])
  })

  it.each([
    ['no values', data('DataTime=20261101223000'), 'empty'],
    ['a time that does not exist', data('DataTime=20261301223000;LA-Rtd=60'), 'bad_timestamp'],
    ['a command that carries data of another kind', data('LA-Rtd=60', '2099'), 'unsupported'],
    ['no MN', frame('QN=20261101223000123;CN=2011;CP=&&LA-Rtd=60&&'), 'wrong_shape'],
    ['no CN', frame('MN=1;CP=&&LA-Rtd=60&&'), 'wrong_shape'],
    ['no data area', frame(`${head};CP=`), 'wrong_shape'],
  ])('refuses a frame with %s', (_, bytes, code) => {
    const decoded = decode(bytes)
    expect(decoded.readings).toEqual([])
    expect(decoded.refused.map((refusal) => refusal.code)).toEqual([code])
  })

  it.each(['1062', '2021', '2041', '2081', '3019', '9011', '9012', '9013', '9014'])(
    'understands CN=%s, which holds no values',
    (command) => {
      const decoded = decode(data('', command))
      expect(decoded.readings).toEqual([])
      expect(decoded.refused).toEqual([])
    },
  )
})

describe('decodeHj212(): sender and time', () => {
  it('trims the MN, and takes one of 14 characters', () => {
    const segment =
      'QN=20261101223000123;ST=31;CN=2011;PW=123456;MN= 88888880000001 ;CP=&&011-Rtd=1&&'
    expect(decode(frame(segment)).readings[0]?.device).toBe('88888880000001')
  })

  it('without DataTime takes the time of the request, without both none', () => {
    expect(shown(decode(data('LA-Rtd=1')).readings)[0]?.ts).toBe('2026-11-01T14:30:00.123Z')
    expect(decode(frame('MN=1;CN=2011;CP=&&LA-Rtd=1&&')).readings[0]?.ts).toBeNull()
  })

  it.each([
    ['2011', '20261101222959', undefined],
    ['2011', '20261101222800', true],
    ['2051', '20261101223000', true],
    ['2061', '20261101220000', true],
    ['2031', '20261101000000', true],
  ])('CN=%s of %s: late %s', (command, time, isBacklog) => {
    expect(decode(data(`DataTime=${time};LA-Rtd=1`, command)).readings[0]?.isBacklog).toBe(
      isBacklog,
    )
  })

  it('reads each packet of several on its own', () => {
    const packet = (number: number, item: string) =>
      frame(
        `${head.replace('Flag=4', 'Flag=6')};PNUM=2;PNO=${number};CP=&&DataTime=20261101223000;${item}&&`,
      )
    const decoded = decode(glued(packet(1, 'a34001-Rtd=1'), packet(2, 'a34002-Rtd=2')))
    expect(decoded.readings.map(({ metrics }) => metrics)).toEqual([{ a34001: 1 }, { a34002: 2 }])
  })

  it('reads versions that it does not know by the same grammar', () => {
    expect(decode(data('LA-Rtd=1', '2011', 12)).readings).toHaveLength(1)
  })
})

describe('decodeHj212(): answers', () => {
  it.each([
    ['2017 wants one', data('LA-Rtd=1', '2011', 5), topic, 'Flag=4'],
    ['2005 wants one', data('LA-Rtd=1', '2011', 1), topic, 'Flag=0'],
    ['packets want one each', data('LA-Rtd=1', '2011', 7), topic, 'Flag=4'],
    ['values all refused', data('LA-Rtd=x', '2011', 5), topic, 'Flag=4'],
    ['a start of the logger', data('', '2081', 5), topic, 'Flag=4'],
  ])('%s', (_, bytes, on, flag) => {
    const [reply] = decode(bytes, on).replies
    expect(reply?.topic).toBe('dtu/860000000000001/down')
    expect(Buffer.from(reply?.payload ?? []).toString()).toContain(
      `QN=20261101223000123;ST=91;CN=9014;PW=123456;MN=150802DUST;${flag};CP=&&&&`,
    )
    // An answer is itself a frame that fits.
    expect(decode(reply?.payload ?? new Uint8Array(0)).refused).toEqual([])
  })

  it.each([
    ['none is wanted', data('LA-Rtd=1', '2011', 4), topic],
    ['the topic does not say where it is heard', data('LA-Rtd=1', '2011', 5), 'dtu/1/data'],
    ['there is no topic', data('LA-Rtd=1', '2011', 5), ''],
    ['it is no data', data('', '1062', 5), topic],
    ['the frame has no number', frame('CN=2011;PW=1;MN=1;Flag=5;CP=&&LA-Rtd=1&&'), topic],
    ['the CRC does not fit', data('LA-Rtd=1', '2011', 5).fill(0x31, 20, 21), topic],
  ])('none where %s', (_, bytes, on) => {
    expect(decode(bytes, on).replies).toEqual([])
  })
})
