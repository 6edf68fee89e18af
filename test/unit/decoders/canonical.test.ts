import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decoded, RawReading } from '../../../src/core/messages/reading.ts'
import { decodeCanonical } from '../../../src/decoders/canonical.ts'
import { parseTimestamp } from '../../../src/decoders/timestamp.ts'

function decode(payload: unknown): Decoded {
  return decodeCanonical(
    Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
  )
}

function only(payload: unknown): RawReading {
  const decoded = decode(payload)
  if (decoded.kind !== 'readings' || decoded.readings.length !== 1 || !decoded.readings[0])
    throw new Error(`Expected one reading, got ${JSON.stringify(decoded)}`)
  return decoded.readings[0]
}

describe('decodeCanonical()', () => {
  it('reads the contract’s single reading', () => {
    expect(
      only(
        '{"v":1,"ts":"2026-11-01T22:30:00.000+08:00","seq":8841,"m":{"power":92.5,"voltage":229.8,"lamp_on":true},"bat":87,"rssi":-91}',
      ),
    ).toEqual({
      ts: Date.UTC(2026, 10, 1, 14, 30),
      seq: 8841,
      metrics: { power: 92.5, voltage: 229.8, lamp_on: true, battery_pct: 87, rssi: -91 },
    })
  })

  it('reads the contract’s batch', () => {
    expect(
      decode(
        '{"v":1,"r":[{"ts":1793543400000,"seq":1,"m":{"depth_cm":3}},{"ts":1793543460000,"seq":2,"m":{"depth_cm":4}}]}',
      ),
    ).toEqual({
      kind: 'readings',
      device: null,
      refused: [],
      readings: [
        { ts: 1_793_543_400_000, seq: 1, metrics: { depth_cm: 3 } },
        { ts: 1_793_543_460_000, seq: 2, metrics: { depth_cm: 4 } },
      ],
    })
  })

  it('leaves the time open when none is given, and takes unknown keys lightly', () => {
    expect(only({ m: { a: 1 }, firmware: '1.2', q: { a: 'good' } })).toEqual({
      ts: null,
      seq: null,
      metrics: { a: 1 },
    })
    expect(only({ bat: 12 }).metrics).toEqual({ battery_pct: 12 })
    expect(only({ m: { battery_pct: 50 }, bat: 12 }).metrics).toEqual({ battery_pct: 50 })
  })

  const deep = (levels: number): unknown => (levels === 0 ? 1 : { x: deep(levels - 1) })

  it.each<[string, unknown, string, RegExp]>([
    ['nothing', '', 'not_json', /JSON/],
    ['half a message', '{"m":{"a":1}', 'not_json', /JSON/],
    ['NaN', '{"m":{"a":NaN}}', 'not_json', /JSON/],
    ['a list', '[]', 'wrong_shape', /object, got a list/],
    ['null', 'null', 'wrong_shape', /got null/],
    ['another version', { v: 2, m: { a: 1 } }, 'wrong_shape', /v: expected 1, got 2/],
    ['metrics as a list', { m: [1] }, 'wrong_shape', /m: expected an object/],
    ['no metrics', { m: {} }, 'empty', /none/],
    ['nothing at all', {}, 'empty', /none/],
    ['an empty batch', { r: [] }, 'empty', /empty list/],
    ['a batch that is none', { r: {} }, 'wrong_shape', /r: expected a list/],
    ['both forms', { r: [{ m: { a: 1 } }], m: { a: 1 } }, 'wrong_shape', /either/],
    [
      '501 readings',
      { r: Array.from({ length: 501 }, () => ({ m: { a: 1 } })) },
      'too_many_readings',
      /501/,
    ],
    ['65 KiB', `{"m":{"a":1},"x":"${'y'.repeat(66_000)}"}`, 'too_large', /65536/],
    [
      '201 metrics',
      { m: Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`m${n}`, n])) },
      'wrong_shape',
      /200/,
    ],
    ['a reach into prototypes', '{"m":{"__proto__":{"x":1}}}', 'wrong_shape', /__proto__/],
    ['an escaped reach', '{"m":{"\\u005f_proto__":1}}', 'wrong_shape', /__proto__/],
    ['a constructor', '{"r":[{"m":{"a":1},"constructor":1}]}', 'wrong_shape', /constructor/],
    ['nine levels', { m: { a: 1 }, x: deep(8) }, 'wrong_shape', /8 levels/],
    ['a fractional sequence', { seq: 1.5, m: { a: 1 } }, 'wrong_shape', /seq/],
    ['a device that is a number', { device: 7, m: { a: 1 } }, 'wrong_shape', /device/],
    ['a time without zone', { ts: '2026-11-01T22:30:00', m: { a: 1 } }, 'bad_timestamp', /zone/],
    ['seconds', { ts: 1_793_543_400, m: { a: 1 } }, 'bad_timestamp', /seconds/],
  ])('refuses %s', (_, payload, code, detail) => {
    const decoded = decode(payload)
    expect(decoded).toMatchObject({ kind: 'refused', refusal: { code } })
    if (decoded.kind === 'refused') expect(decoded.refusal.detail).toMatch(detail)
  })

  it('refuses bytes that are not UTF-8', () => {
    const payload = Buffer.from([...Buffer.from('{"m":{"a":1},"x":"'), 0xff, 0xfe, 0x22, 0x7d])
    expect(decodeCanonical(payload)).toMatchObject({ refusal: { code: 'not_json' } })
  })

  it('survives ten thousand nested lists', () => {
    const nested = '['.repeat(10_000) + ']'.repeat(10_000)
    expect(decode(`{"m":{"a":1},"x":${nested}}`)).toMatchObject({
      refusal: { code: 'wrong_shape' },
    })
  })

  it('keeps the good readings of a batch and says which were bad', () => {
    const decoded = decode({ r: [{ m: { a: 1 } }, { ts: 'yesterday', m: { a: 2 } }, { m: {} }] })
    expect(decoded).toMatchObject({
      readings: [{ metrics: { a: 1 } }],
      refused: [
        { code: 'bad_timestamp', detail: expect.stringMatching(/^r\[1\]: ts/) as string },
        { code: 'empty', detail: expect.stringMatching(/^r\[2\]/) as string },
      ],
    })
  })

  it('reads back what it is given', () => {
    const metrics = fc.dictionary(
      fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/),
      fc.oneof(fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      { minKeys: 1, maxKeys: 20 },
    )
    const forbidden = new Set(['constructor', 'prototype'])
    fc.assert(
      fc.property(
        metrics,
        fc.integer({ min: 946_684_800_000, max: 4_102_444_799_999 }),
        (m, ts) => {
          fc.pre(Object.keys(m).every((key) => !forbidden.has(key)))
          const text = JSON.stringify({ v: 1, ts, m })
          expect(only(text)).toEqual({
            ts,
            seq: null,
            metrics: JSON.parse(JSON.stringify(m)) as unknown,
          })
          expect(only(JSON.stringify({ ts: new Date(ts).toISOString(), m })).ts).toBe(ts)
        },
      ),
    )
  })
})

describe('parseTimestamp()', () => {
  it.each([
    ['2026-11-01T22:30:00.000+08:00', Date.UTC(2026, 10, 1, 14, 30)],
    ['2026-11-01T22:30:00+0800', Date.UTC(2026, 10, 1, 14, 30)],
    ['2026-11-01T14:30Z', Date.UTC(2026, 10, 1, 14, 30)],
    ['2026-11-01T14:30:00,123456Z', Date.UTC(2026, 10, 1, 14, 30, 0, 123)],
    ['2028-02-29T00:00:00-03:30', Date.UTC(2028, 1, 29, 3, 30)],
    [946_684_800_000, 946_684_800_000],
  ])('%s', (value, expected) => {
    expect(parseTimestamp(value)).toBe(expected)
  })

  it.each([
    ['2026-02-29T00:00:00Z', /exist/],
    ['2100-02-29T00:00:00Z', /exist/],
    ['2026-13-01T00:00:00Z', /exist/],
    ['2026-11-01T24:00:00Z', /exist/],
    ['2026-11-01T22:30:60Z', /exist/],
    ['2026-11-01T22:30:00+24:00', /exist/],
    ['2026-11-01 22:30:00', /ISO 8601/],
    ['1999-12-31T23:59:59Z', /2000 to 2100/],
    ['', /ISO 8601/],
    [1_793_543_400, /seconds/],
    [1_793_543_400.5, /seconds/],
    [1_793_543_400_000.5, /whole/],
    [-1, /2000 to 2100/],
    [1e300, /2000 to 2100/],
    [null, /null/],
    [true, /boolean/],
  ])('refuses %s and says what to send', (value, detail) => {
    expect(parseTimestamp(value)).toMatch(detail)
  })
})
