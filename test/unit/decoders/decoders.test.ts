// Laws of every payload format in the table.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoders } from '../../../src/decoders/index.ts'

describe('decoder', () => {
  it.each(Object.entries(decoders))(
    '%s never throws, and explains itself in at most 300 characters',
    (_, decode) => {
      const sample = Buffer.from(
        '{"v":1,"ts":1793543400000,"seq":1,"m":{"depth_cm":3,"x":true},"bat":8}',
      )
      const mutated = fc
        .array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { maxLength: 6 })
        .map((changes) => {
          const bytes = Uint8Array.from(sample)
          for (const [at, byte] of changes) bytes[at] = byte
          return bytes
        })
      const payloads = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        mutated,
        fc.json().map((text) => new Uint8Array(Buffer.from(text))),
        fc.object().map((value) => new Uint8Array(Buffer.from(JSON.stringify({ m: value })))),
      )
      fc.assert(
        fc.property(payloads, (payload) => {
          const decoded = decode(payload)
          const refusals = decoded.kind === 'refused' ? [decoded.refusal] : decoded.refused
          for (const refusal of refusals) {
            expect(refusal.detail.length).toBeLessThanOrEqual(300)
            expect(refusal.detail).not.toMatch(/\.$/)
          }
        }),
        { numRuns: 2000 },
      )
      expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    },
  )
})
