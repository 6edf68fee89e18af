// Published frames of the byte formats and what is in them, and the laws that every such format keeps: whatever happens to a frame on its
// way, nobody reads something that nobody sent.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decode, Decoded, RawReading, Refusal } from '../../../src/core/messages/reading.ts'

const RECEIVED_AT = Date.UTC(2026, 10, 1, 14, 30, 1)
const WIDE_TIME_MS = 50

export interface GoldenFrame {
  readonly name: string
  readonly description: string
  readonly topic: string
  readonly bytes: Uint8Array
  readonly expected: {
    readonly readings: readonly (Omit<RawReading, 'ts'> & { readonly ts: string | null })[]
    readonly refused: readonly Refusal[]
    readonly replies?: readonly { readonly topic: string; readonly payload: string }[]
  }
}

export function goldenFrames(format: string): readonly GoldenFrame[] {
  const folder = join(import.meta.dirname, 'golden', format)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const golden = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      const bytes = 'hex' in golden ? Buffer.from(golden.hex, 'hex') : Buffer.from(golden.text)
      return { ...golden, name: file, bytes: new Uint8Array(bytes) } as GoldenFrame
    })
}

export function decodeWith(decode: Decode, bytes: Uint8Array, topic = '') {
  const decoded: Decoded = decode(bytes, { topic, receivedAt: RECEIVED_AT })
  return decoded.kind === 'refused'
    ? { readings: [], refused: [decoded.refusal], replies: [], rest: new Uint8Array(0) }
    : { replies: [], rest: new Uint8Array(0), ...decoded }
}

export function shown(readings: readonly RawReading[]) {
  return readings.map((reading) => ({
    ...reading,
    ts: reading.ts === null ? null : new Date(reading.ts).toISOString(),
  }))
}

export function glued(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

/** `canBeCut`: a frame without its end waits for the rest. */
export function describeByteFormat(format: string, decode: Decode): void {
  const frames = goldenFrames(format)
  const whole = frames.filter((frame) => frame.expected.refused.length === 0)
  const withReadings = whole.filter((frame) => frame.expected.readings.length > 0)

  describe(`${format}: golden frames`, () => {
    it.each(frames)('$name: $description', ({ bytes, topic, expected }) => {
      const decoded = decodeWith(decode, bytes, topic)
      expect(shown(decoded.readings)).toEqual(expected.readings)
      expect(decoded.refused).toEqual(expected.refused)
      expect(
        decoded.replies.map(({ topic, payload }) => ({
          topic,
          payload: Buffer.from(payload).toString(),
        })),
      ).toEqual(expected.replies ?? [])
      expect(decoded.rest).toHaveLength(0)
    })
  })

  describe(`${format}: damage`, () => {
    it.each(whole)('$name: any one bit changed is never another reading', ({ bytes, topic }) => {
      const right = JSON.stringify(decodeWith(decode, bytes, topic).readings)
      let refused = 0
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = Uint8Array.from(bytes)
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const decoded = decodeWith(decode, damaged, topic)
        if (decoded.readings.length > 0)
          expect(JSON.stringify(decoded.readings), `bit ${bit}`).toBe(right)
        if (decoded.readings.length === 0 && decoded.refused.length === 0 && right !== '[]')
          // Only a length that grew may leave nothing to say yet.
          expect(decoded.rest.length, `bit ${bit}`).toBeGreaterThan(0)
        if (decoded.refused.some(({ code }) => code === 'bad_checksum' || code === 'broken_frame'))
          refused++
      }
      expect(refused).toBeGreaterThan(bytes.length * 6)
    })

    it.each(whole)('$name: cut at every byte, it waits for its rest', ({ bytes, topic }) => {
      const expected = decodeWith(decode, bytes, topic).readings
      for (let cut = 1; cut < bytes.length; cut++) {
        const first = decodeWith(decode, bytes.subarray(0, cut), topic)
        expect(first.readings, `cut at ${cut}`).toEqual([])
        expect(first.refused, `cut at ${cut}`).toEqual([])
        const second = decodeWith(decode, glued(first.rest, bytes.subarray(cut)), topic)
        expect(second.readings, `cut at ${cut}`).toEqual(expected)
        expect(second.refused, `cut at ${cut}`).toEqual([])
      }
    })

    it('a good frame behind a damaged one is read', () => {
      for (const first of whole)
        for (const second of withReadings) {
          const damaged = Uint8Array.from(first.bytes)
          const at = damaged.length - 8
          damaged[at] = (damaged[at] ?? 0) ^ 1
          const decoded = decodeWith(decode, glued(damaged, second.bytes), second.topic)
          expect(shown(decoded.readings)).toEqual(second.expected.readings)
          expect(decoded.refused.map(({ code }) => code)).toEqual(['bad_checksum'])
        }
    })

    it('a good frame behind one without its end is read', () => {
      for (const first of whole)
        for (const second of withReadings) {
          const half = first.bytes.subarray(0, first.bytes.length >> 1)
          const decoded = decodeWith(decode, glued(half, second.bytes), second.topic)
          expect(shown(decoded.readings)).toEqual(second.expected.readings)
          // Its length may reach into the good one, to something that looks like a checksum.
          expect(decoded.refused).toHaveLength(1)
          expect(decoded.refused[0]?.code).toMatch(/^(?:broken_frame|bad_checksum)$/)
        }
    })

    it('frames glued together are all read', () => {
      const order = [...whole, ...withReadings]
      const decoded = decodeWith(decode, glued(...order.map(({ bytes }) => bytes)), '')
      expect(shown(decoded.readings)).toEqual(order.flatMap(({ expected }) => expected.readings))
      expect(decoded.refused).toEqual([])
    })
  })

  describe(`${format}: hostile bytes`, () => {
    const starts = frames.map(({ bytes }) => bytes)
    const mutated = fc
      .tuple(
        fc.constantFrom(...starts),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      )
      .map(([bytes, changes]) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, byte] of changes) copy[at % copy.length] = byte
        return copy
      })
    const pieces = fc
      .array(fc.oneof(fc.constantFrom(...starts), mutated, fc.uint8Array({ maxLength: 40 })), {
        maxLength: 6,
      })
      .map((parts) => glued(...parts))

    it('never throw, and every refusal is a sentence of at most 300 characters', () => {
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated, pieces), (bytes) => {
          const decoded = decodeWith(decode, bytes)
          for (const { detail } of decoded.refused) {
            expect(detail.length).toBeLessThanOrEqual(300)
            expect(detail).not.toMatch(/\.$|[^\u0020-\u007e…]/)
          }
          expect(decoded.rest.length).toBeLessThanOrEqual(2048)
        }),
        { numRuns: 1500 },
      )
    })

    it('of any size are done with in bounded time, with bounded answers', () => {
      const size = 65_536
      const patterns = starts.flatMap((frame) => [
        frame,
        frame.subarray(0, 2),
        frame.subarray(0, frame.length >> 1),
        frame.subarray(0, frame.length - 1),
        frame.subarray(0, Math.min(16, frame.length)),
      ])
      for (const pattern of [...patterns, Uint8Array.of(0), Uint8Array.of(255)]) {
        const bytes = new Uint8Array(size)
        for (let at = 0; at < size; at++) bytes[at] = pattern[at % pattern.length] ?? 0
        const from = process.hrtime.bigint()
        const decoded = decodeWith(decode, bytes)
        const tookMs = Number(process.hrtime.bigint() - from) / 1e6
        expect(decoded.readings.length + decoded.refused.length).toBeLessThan(900)
        expect(tookMs).toBeLessThan(WIDE_TIME_MS)
      }
      expect(decodeWith(decode, new Uint8Array(size + 4_096 + 1)).refused[0]?.code).toBe(
        'too_large',
      )
      expect(decodeWith(decode, new Uint8Array(0)).refused[0]?.code).toBe('empty')
    })
  })
}
