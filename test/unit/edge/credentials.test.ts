import { describe, expect, it } from 'vitest'
import { createCredentials } from '../../../src/edge/credentials.ts'

const credentials = createCredentials(Buffer.alloc(32, 1))

describe('createCredentials()', () => {
  it('makes a 192-bit password whose hash does not hold it', () => {
    const { password, hash } = credentials.make()
    expect(Buffer.from(password, 'base64url')).toHaveLength(24)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(hash).not.toContain(Buffer.from(password, 'base64url').toString('hex'))
    expect(credentials.make().password).not.toBe(password)
  })

  it('verifies its own password, as text and as bytes, and only with its key', () => {
    const { password, hash } = credentials.make()
    expect(credentials.verify(password, hash)).toBe(true)
    expect(credentials.verify(Buffer.from(password), hash)).toBe(true)
    expect(createCredentials(Buffer.alloc(32, 2)).verify(password, hash)).toBe(false)
  })

  it.each([
    ['another password', 'x', credentials.make().hash],
    ['an empty password', '', credentials.make().hash],
    ['no hash', 'x', null],
    ['a hash of zeros', 'x', '0'.repeat(64)],
    ['a short hash', 'x', 'ab'],
    ['a hash that is not hex', 'x', 'z'.repeat(64)],
  ])('refuses %s', (_case, password, hash) => {
    expect(credentials.verify(password, hash)).toBe(false)
  })

  it('refuses a short key', () => {
    expect(() => createCredentials(Buffer.alloc(8))).toThrow(RangeError)
  })
})
