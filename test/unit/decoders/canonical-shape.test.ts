// The usual shape read from bytes says what JSON.parse says, or nothing. What JSON.parse says is tested in `canonical.test.ts`.

import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { decodeShape } from '../../../src/decoders/canonical-shape.ts'
import { decodeAnyShape, decodeCanonical } from '../../../src/decoders/canonical.ts'

/** Bytes as the journal hands them out: a view with other records before and behind it. */
function viewOf(text: string | Uint8Array): Uint8Array {
  const around = Buffer.from('{"v":1,"m":{"a":7}}99')
  const bytes = Buffer.from(text)
  return Buffer.concat([around, bytes, around]).subarray(
    around.length,
    around.length + bytes.length,
  )
}

/** Whether the bytes were read at all; fails when they were read differently. */
function isReadAlike(payload: Uint8Array): boolean {
  const shape = decodeShape(payload)
  if (shape === null) return false
  const parsed = decodeAnyShape(payload)
  expect({ kind: 'readings', device: null, readings: [shape], refused: [] }).toStrictEqual(parsed)
  // Equality does not look at the order of keys; refusals name metrics in this order.
  if (parsed.kind === 'readings')
    expect(Object.keys(shape.metrics)).toEqual(Object.keys(parsed.readings[0]?.metrics ?? {}))
  return true
}

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 })
const name = fc
  .stringMatching(/^[a-z][a-zA-Z0-9_]{0,20}$/)
  .filter((one) => one !== 'constructor' && one !== 'prototype')
const digits = fc.stringMatching(/^[0-9]{1,20}$/)
const plainNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,18}$/)),
    fc.option(digits),
  )
  .map(([sign, whole, part]) => `${sign}${whole}${part === null ? '' : `.${part}`}`)
const plainScalar = fc.oneof(
  plainNumber,
  fc.integer().map(String),
  fc.constantFrom('true', 'false'),
)
const anyNumber = fc.double().map((value) => JSON.stringify(value))
const anyScalar = fc.oneof(plainScalar, anyNumber, fc.constantFrom('null', '""', '[]', '{}'))

const plainTime = fc
  .tuple(
    fc.integer({ min: 946_771_200_000, max: 4_102_444_799_999 }),
    fc.constantFrom('number', 'Z', '+08:00', '-03:30'),
    fc.boolean(),
  )
  .map(([at, zone, isShort]) => {
    if (zone === 'number') return String(at)
    const text = new Date(at).toISOString().replace('Z', zone)
    return `"${isShort ? text.replace(/\.\d{3}/, '') : text}"`
  })

/** One message's text: any keys, in any order, with space wherever JSON allows it. */
function messages(
  scalar: fc.Arbitrary<string>,
  metricName: fc.Arbitrary<string> = name,
): fc.Arbitrary<string> {
  const spaces = fc.infiniteStream(space)
  const metrics = fc
    .array(fc.tuple(metricName, scalar), { minLength: 1, maxLength: 14 })
    .map((pairs) => pairs.map(([key, value]) => ['"', key, '"', ':', value] as const))
  const top = fc.record(
    {
      v: fc.constant('1'),
      ts: plainTime,
      seq: fc.nat().map(String),
      m: metrics,
      bat: scalar,
      rssi: scalar,
    },
    { requiredKeys: ['m'] },
  )
  return fc.tuple(top, fc.infiniteStream(fc.nat()), spaces).map(([fields, order, blank]) => {
    const gap = (): string => blank.next().value ?? ''
    const shuffled = Object.entries(fields)
      .map((field) => ({ field, rank: order.next().value ?? 0 }))
      .sort((a, b) => a.rank - b.rank)
    const inner = shuffled.map(({ field: [key, value] }) => {
      const text =
        typeof value === 'string'
          ? value
          : `{${value.map(([q, id, , , one]) => `${gap()}${q}${id}${q}${gap()}:${gap()}${one}${gap()}`).join(',')}}`
      return `${gap()}"${key}"${gap()}:${gap()}${text}${gap()}`
    })
    return `${gap()}{${inner.join(',')}}${gap()}`
  })
}

describe('decodeShape()', () => {
  it('reads every plain message as JSON.parse does', () => {
    fc.assert(
      fc.property(messages(plainScalar), (text) => {
        expect(isReadAlike(viewOf(text))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads messages with odd names and values as JSON.parse does, or not at all', () => {
    const odd = fc.oneof(
      name,
      fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'battery_pct', 'rssi'),
      fc.constantFrom('7', '', 'a b', '\\u0061', 'é', '电压', 'm', 'x'.repeat(63), 'x'.repeat(64)),
    )
    fc.assert(
      fc.property(messages(anyScalar, odd), (text) => {
        isReadAlike(viewOf(text))
      }),
      { numRuns: 3000 },
    )
  })

  it('reads damaged messages as JSON.parse does, or not at all', () => {
    const telling = fc.constantFrom(...Buffer.from('{}[]",:.-+eE0123456789tf \n\\mvr_'))
    const change = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('set', 'insert', 'remove', 'repeat', 'cut'),
      byte: fc.oneof(telling, fc.nat(255)),
      length: fc.integer({ min: 1, max: 30 }),
    })
    let read = 0
    fc.assert(
      fc.property(
        messages(plainScalar),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (text, changes) => {
          let bytes = [...Buffer.from(text)]
          for (const { at: where, kind, byte, length } of changes) {
            const at = where % (bytes.length + 1)
            if (kind === 'set') bytes[at] = byte
            else if (kind === 'insert') bytes.splice(at, 0, byte)
            else if (kind === 'remove') bytes.splice(at, length)
            else if (kind === 'repeat') bytes.splice(at, 0, ...bytes.slice(at, at + length))
            else bytes = bytes.slice(0, at)
          }
          if (isReadAlike(viewOf(Uint8Array.from(bytes)))) read++
        },
      ),
      { numRuns: 5000 },
    )
    // Else the law would say nothing.
    expect(read).toBeGreaterThan(100)
  })

  it.each([
    ['{"m":{"a":1,"a":2}}', { a: 2 }],
    ['{"m":{"b":1,"a":2,"b":3},"bat":4}', { battery_pct: 4, b: 3, a: 2 }],
    ['{"m":{"battery_pct":50,"rssi":-70},"rssi":-91,"bat":12}', { battery_pct: 50, rssi: -70 }],
    ['{"m":{"toString":1}}', { toString: 1 }],
  ])('keeps names, order and the last of two values in %s', (text, metrics) => {
    expect(isReadAlike(viewOf(text))).toBe(true)
    const shape = decodeShape(viewOf(text))
    expect(Object.entries(shape?.metrics ?? {})).toEqual(Object.entries(metrics))
  })

  it.each([
    ['nothing', ''],
    ['an end too early', '{"m":{"a":1}'],
    ['more behind the end', '{"m":{"a":1}} 1'],
    ['a comma too many', '{"m":{"a":1},}'],
    ['no metrics', '{"v":1,"seq":2}'],
    ['empty metrics', '{"m":{},"bat":3}'],
    ['two sequences', '{"seq":1,"seq":2,"m":{"a":1}}'],
    ['two versions', '{"v":1,"v":1,"m":{"a":1}}'],
    ['two times', '{"ts":1793543400000,"ts":1793543400000,"m":{"a":1}}'],
    ['two batteries', '{"bat":1,"bat":2}'],
    ['two signals', '{"rssi":1,"rssi":2}'],
    ['metrics twice', '{"m":{"a":1},"m":{"b":1}}'],
    ['another version', '{"v":2,"m":{"a":1}}'],
    ['a batch', '{"v":1,"r":[{"m":{"a":1}}]}'],
    ['a device', '{"device":"L-1","m":{"a":1}}'],
    ['an escape', '{"m":{"\\u0061":1}}'],
    ['a reach into prototypes', '{"m":{"__proto__":1}}'],
    ['a constructor', '{"m":{"constructor":1}}'],
    ['an index', '{"m":{"b":1,"0":1}}'],
    ['a list of values', '{"m":{"a":[1]}}'],
    ['a fractional sequence', '{"seq":1.5,"m":{"a":1}}'],
    ['a sequence below zero', '{"seq":-1,"m":{"a":1}}'],
    ['a time in seconds', '{"ts":1793543400,"m":{"a":1}}'],
    ['a byte order mark', '\ufeff{"m":{"a":1}}'],
    ['a no-break space', '{"m":\u00a0{"a":1}}'],
    [
      'more metrics than its limit',
      `{"m":{${Array.from({ length: 199 }, (_, n) => `"m${n}":1`).join()}}}`,
    ],
  ])('leaves %s to JSON.parse', (_, text) => {
    expect(decodeShape(viewOf(text))).toBeNull()
    expect(decodeCanonical(viewOf(text))).toEqual(decodeAnyShape(viewOf(text)))
  })
})

describe('decodeShape() numbers', () => {
  const read = (spelling: string): number | null => {
    const value = decodeShape(viewOf(`{"m":{"a":${spelling}}}`))?.metrics['a']
    return typeof value === 'number' ? value : null
  }

  it.each([
    ['0', '-0', '0.0', '-0.0', '7', '-7', '0.1', '229.8', '0.000001', '100.50', '1793543400000'],
    [
      '9007199254740991',
      '9007199254740992',
      '9007199254740993',
      '-9007199254740993',
      '1'.repeat(30),
    ],
    ['0.30000000000000004', '230.10000000000002', '900719925474099.3', '9007199254740.993'],
    ['0.0000000000000000000001', '0.00000000000000000000001', '1.2345678901234567890123456789'],
    ['1.7976931348623157', '4.35', '2.675', '1.005', '8.5', '123456789012345.6'],
  ])('are those of JSON.parse, bit by bit: %s, %s, %s, %s …', (...spellings) => {
    for (const spelling of spellings) expect(read(spelling)).toBe(JSON.parse(spelling))
  })

  it.each(['00', '01', '-01', '-', '+1', '.5', '1.', '-.5', '1e5', '1E-5', '1.e5', '0x10', '1_0'])(
    'are left to JSON.parse when spelled %s',
    (spelling) => {
      expect(read(spelling)).toBeNull()
    },
  )

  it('are those of JSON.parse in every spelling, or not read', () => {
    const spelling = fc.oneof(
      { weight: 4, arbitrary: plainNumber },
      { weight: 2, arbitrary: anyNumber },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), fc.nat(22))
          .map(([value, decimals]) => value.toFixed(decimals)),
      },
      {
        weight: 2,
        arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789.-+eE'), maxLength: 24 }),
      },
    )
    fc.assert(
      fc.property(spelling, (text) => {
        const value = read(text)
        if (value !== null) expect(value).toBe(JSON.parse(text))
        else if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) expect(text.length).toBeGreaterThan(64)
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('decodeShape() times', () => {
  it('are those of the slow way, or not read', () => {
    const two = (max: number): fc.Arbitrary<string> =>
      fc.nat(max).map((value) => String(value).padStart(2, '0'))
    const text = fc
      .tuple(
        fc.constantFrom('1999', '2000', '2026', '2027', '2028', '2100', '2101', '0026', '202'),
        two(14),
        fc.oneof(two(33), fc.constantFrom('28', '29', '30', '31')),
        fc.constantFrom('T', 'T', 'T', 't', ' '),
        fc.tuple(two(24), two(60), two(60)).map((parts) => parts.join(':')),
        fc.constantFrom('', '.000', '.123', '.5', ',250', '.1234', '.12x', '.x23'),
        fc.oneof(
          fc.constantFrom('Z', 'z', '', '+0800', '+08', '+08:0', '+24:00', '-00:60'),
          fc.tuple(fc.constantFrom('+', '-'), two(25), two(61)).map(([s, h, m]) => `${s}${h}:${m}`),
        ),
      )
      .map(
        ([year, month, day, t, time, part, zone]) =>
          `${year}-${month}-${day}${t}${time}${part}${zone}`,
      )
    let read = 0
    fc.assert(
      fc.property(text, (ts) => {
        if (isReadAlike(viewOf(`{"ts":"${ts}","m":{"a":1}}`))) read++
      }),
      { numRuns: 5000 },
    )
    expect(read).toBeGreaterThan(100)
  })
})

describe.each(deviceTypes.map((type) => type.id))('examples of %s', (id) => {
  const file = new URL(`../../../devices/${id}/examples.json`, import.meta.url)
  const examples = JSON.parse(readFileSync(file, 'utf8')) as {
    readings: { description: string; payload: unknown }[]
  }
  it.each(examples.readings.map((one) => [one.description, one.payload] as const))(
    'are read in the same way, fast and slowly: %s',
    (_, payload) => {
      for (const text of [JSON.stringify(payload), JSON.stringify(payload, null, 2)]) {
        // A text where a number belongs is left to JSON.parse, and refused later.
        expect(isReadAlike(viewOf(text))).toBe(isPlain(payload))
        expect(decodeCanonical(viewOf(text))).toStrictEqual(decodeAnyShape(viewOf(text)))
      }
    },
  )
})

/** Whether its metrics are all numbers and booleans. */
function isPlain(payload: unknown): boolean {
  const { m = {} } = payload as { m?: Readonly<Record<string, unknown>> }
  return Object.values(m).every((value) => typeof value === 'number' || typeof value === 'boolean')
}
