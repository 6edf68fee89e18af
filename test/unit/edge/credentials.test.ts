import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createAccountCheck } from '../../../src/edge/account-check.ts'
import { createCredentials } from '../../../src/edge/credentials.ts'
import { createDirectory } from '../../../src/edge/directory.ts'

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

  it('marks the password of an integration account, with as many bits', () => {
    const { password, hash } = credentials.make('integration')
    expect(password).toMatch(/^hti_[A-Za-z0-9_-]{32}$/)
    expect(credentials.verify(password, hash)).toBe(true)
    expect(credentials.verify(password.slice(4), hash)).toBe(false)
  })

  it('finds the hash of a password among others, and none for a wrong one', () => {
    const made = [credentials.make(), credentials.make(), credentials.make()]
    const hashes = made.map(({ hash }) => hash)
    made.forEach(({ password }, index) => {
      expect(credentials.find(password, hashes)).toBe(index)
    })
    expect(credentials.find('x', hashes)).toBe(-1)
    expect(credentials.find('x', [])).toBe(-1)
    expect(credentials.find('x', ['', 'zz', '0'.repeat(64)])).toBe(-1)
  })
})

describe('createAccountCheck()', () => {
  const clock = createManualClock(1000)
  const directory = createDirectory()
  const check = createAccountCheck({ directory, credentials, clock })
  const current = credentials.make('integration')
  const previous = credentials.make('integration')
  const other = credentials.make('integration')
  directory.putIntegration({
    id: 'ctwing',
    format: 'ctwing',
    topics: [],
    credential: current.hash,
    previous: { hash: previous.hash, until: 2000 },
  })
  directory.putIntegration({
    id: 'onenet',
    format: 'onenet',
    topics: [],
    credential: other.hash,
    previous: null,
  })

  it('knows an account by its password, with and without its name', () => {
    expect(check.named('ctwing', current.password)?.id).toBe('ctwing')
    expect(check.holding(current.password)?.id).toBe('ctwing')
    expect(check.holding(other.password)?.id).toBe('onenet')
  })

  it.each([
    ['another account', 'onenet', current.password],
    ['nobody', 'nobody', current.password],
    ['a prototype', '__proto__', current.password],
    ['an empty password', 'ctwing', ''],
    ['the hash', 'ctwing', current.hash],
  ])('does not take the password of %s', (_case, id, password) => {
    expect(check.named(id, password)).toBeNull()
    if (password !== current.password) expect(check.holding(password)).toBeNull()
  })

  it('takes the password before until its time', () => {
    expect(check.named('ctwing', previous.password)?.id).toBe('ctwing')
    expect(check.holding(previous.password)?.id).toBe('ctwing')
    clock.set(2000)
    expect(check.named('ctwing', previous.password)).toBeNull()
    expect(check.holding(previous.password)).toBeNull()
    expect(check.holding(current.password)?.id).toBe('ctwing')
  })
})
