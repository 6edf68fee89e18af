import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKnownNames } from '../../../src/decoders/known-names.ts'

describe('createKnownNames()', () => {
  it('returns every plain name, however many there are', () => {
    const known = createKnownNames()
    const plain = fc
      .stringMatching(/^[a-z][A-Za-z0-9_]{0,62}$/)
      .filter((name) => name !== 'constructor' && name !== 'prototype')
    fc.assert(
      fc.property(plain, (name) => {
        expect(known.read(Buffer.from(`"${name}":1`), 1)).toBe(name)
      }),
      { numRuns: 3000 },
    )
    for (let round = 0; round < 2; round++)
      for (let n = 0; n < 5000; n++) {
        const name = `n${n}`
        expect(known.read(Buffer.from(`${name}"`), 0)).toBe(name)
      }
  })

  it('keeps no view into the payload', () => {
    const known = createKnownNames()
    const bytes = Buffer.from('power"')
    expect(known.read(bytes, 0)).toBe('power')
    bytes.write('tower"')
    expect(known.read(bytes, 0)).toBe('tower')
    expect(known.read(Buffer.from('power"'), 0)).toBe('power')
  })

  it.each([
    ['nothing', '"'],
    ['no end', 'power'],
    ['64 bytes', `${'x'.repeat(64)}"`],
    ['an index', '12"'],
    ['a prototype', '__proto__"'],
    ['a constructor', 'constructor"'],
    ['an escape', 'a\\u0062"'],
    ['another script', '电压"'],
    ['a zero byte', 'a\0"'],
  ])('knows no name with %s', (_, text) => {
    const known = createKnownNames()
    expect(known.read(Buffer.from(text), 0)).toBeNull()
    expect(known.read(Buffer.from(text), 0)).toBeNull()
  })
})
