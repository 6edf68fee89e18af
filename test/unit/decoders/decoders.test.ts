// Laws of every payload format in the table.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decoded } from '../../../src/core/messages/reading.ts'
import { decoders } from '../../../src/decoders/index.ts'
import { goldenVectors, jsonFormats } from './json-formats.ts'
import type { JsonFormat } from './json-formats.ts'

const receivedAt = Date.UTC(2026, 10, 2)
const canonical = { v: 1, ts: 1_793_543_400_000, seq: 1, m: { depth_cm: 3, x: true }, bat: 8 }

interface Sample {
  readonly topic: string
  readonly json: unknown
}

function samplesOf(format: string): readonly Sample[] {
  const isJson = (name: string): name is JsonFormat => jsonFormats.some((one) => one === name)
  return isJson(format) ? goldenVectors(format) : [{ topic: 'dtu/1/up', json: canonical }]
}

/** Some bytes of it changed. */
function changedBytes(sample: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((changes) => {
      const bytes = Uint8Array.from(sample)
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
}

const oddValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, '', 0, -1, '__proto__', 'undefined', [], {}, [[]]),
)

/** One value within it, at any depth, is another one. */
function changedValue(json: unknown): fc.Arbitrary<unknown> {
  return fc.tuple(fc.array(fc.nat(20), { maxLength: 5 }), oddValue).map(([path, odd]) => {
    const copy: unknown = structuredClone(json)
    let at = copy
    for (const [depth, step] of path.entries()) {
      if (typeof at !== 'object' || at === null) break
      const keys = Object.keys(at)
      const key = keys[step % Math.max(keys.length, 1)]
      if (key === undefined) break
      const next: unknown = Reflect.get(at, key)
      if (depth === path.length - 1 || typeof next !== 'object') Reflect.set(at, key, odd)
      at = next
    }
    return copy
  })
}

function expectLawful(decoded: Decoded): void {
  const refusals = decoded.kind === 'refused' ? [decoded.refusal] : decoded.refused
  for (const { detail, device = 'd' } of refusals) {
    expect(detail.length).toBeLessThanOrEqual(300)
    expect(detail).not.toMatch(/\.$/)
    expect(device).toMatch(/^.{1,128}$/)
  }
  if (decoded.kind === 'refused') return
  expect(decoded.readings.length + refusals.length).toBeLessThanOrEqual(501)
  for (const { ts, metrics, bytes } of decoded.readings) {
    expect(ts === null || Number.isSafeInteger(ts)).toBe(true)
    expect(Object.getPrototypeOf(metrics)).toBe(Object.prototype)
    const count = Object.keys(metrics).length
    expect(count).toBeLessThanOrEqual(200)
    expect(count > 0 || bytes !== undefined).toBe(true)
  }
}

describe.each(Object.entries(decoders))('decoder %s', (format, decode) => {
  const samples = samplesOf(format)

  it('never throws, whatever comes, and explains itself in at most 300 characters', () => {
    const anywhere = fc.constantFrom('', 'x', 'a/b/c', ...samples.map(({ topic }) => topic))
    const cases = fc.oneof(
      fc.tuple(anywhere, fc.uint8Array({ maxLength: 300 })),
      fc.tuple(
        anywhere,
        fc.json().map((text) => new Uint8Array(Buffer.from(text))),
      ),
      ...samples.map(({ topic, json }) =>
        fc.tuple(
          fc.constant(topic),
          fc.oneof(
            changedBytes(Buffer.from(JSON.stringify(json))),
            changedValue(json).map((value) => Buffer.from(JSON.stringify(value))),
          ),
        ),
      ),
    )
    fc.assert(
      fc.property(cases, ([topic, payload]) => {
        const decoded = decode(payload, { topic, receivedAt })
        expectLawful(decoded)
        expect(decode(payload, { topic, receivedAt })).toEqual(decoded)
      }),
      { numRuns: 2000 },
    )
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('is quick about every payload', () => {
    const sizes = 64 * 1024
    const hostile = [
      '['.repeat(sizes),
      '{"a":'.repeat(sizes / 5),
      `[${'{},'.repeat(sizes / 3 - 1)}{}]`,
      `[${'{"n":"a","v":1},'.repeat(sizes / 16 - 1)}{}]`,
      `{"params":[${'[],'.repeat(sizes / 3 - 10)}[]]}`,
      `{"${'\\u0041'.repeat(sizes / 6 - 2)}":1}`,
      `{"msg":"${'['.repeat(sizes - 20)}"}`,
      'A'.repeat(sizes),
      '#'.repeat(sizes),
      '7E'.repeat(sizes / 2),
      'FE'.repeat(sizes / 2),
    ].map((text) => Buffer.from(text))
    const topics = [
      '',
      ...samples.map(({ topic }) => topic),
      '/'.repeat(65_000),
      'a/'.repeat(30_000),
    ]
    const began = performance.now()
    for (const payload of hostile)
      for (const topic of topics) expectLawful(decode(payload, { topic, receivedAt }))
    // Far above what it takes, far below what anything quadratic would.
    expect((performance.now() - began) / hostile.length / topics.length).toBeLessThan(50)
  })
})
