import { crc32 as zlibCrc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../../src/journal/crc32.ts'

describe('crc32()', () => {
  it('agrees with zlib on any part of any buffer', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600, size: 'max' }),
        fc.nat(600),
        fc.nat(600),
        (bytes, a, b) => {
          const start = Math.min(a, b, bytes.length)
          const end = Math.min(Math.max(a, b), bytes.length)
          expect(crc32(bytes, start, end)).toBe(zlibCrc32(bytes.subarray(start, end)))
        },
      ),
    )
  })
})
