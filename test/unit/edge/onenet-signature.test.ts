// Signatures computed elsewhere, by the platform's description: Base64 of the MD5 of token, nonce and message.

import { describe, expect, it } from 'vitest'
import { isOneNetSignature } from '../../../src/edge/onenet-signature.ts'

const token = 'hetao-token-1'
const nonce = 'Vr0p!x9Q'
const msg = '{"deviceName":"井盖-1"}'
const signature = 'Qee1KJ3fCect34KwMY8wjg=='
/** With a plus and a slash. */
const odd = { nonce, msg: 'check-5', signature: 'iRL+9tRgo/lWJszgkB9EQQ==' }

describe('isOneNetSignature()', () => {
  it('knows what the token signed', () => {
    expect(isOneNetSignature(token, { nonce, msg, signature })).toBe(true)
    expect(isOneNetSignature(token, odd)).toBe(true)
  })

  it.each([
    ['percent-encoded', encodeURIComponent(odd.signature)],
    ['with blanks for its pluses', odd.signature.replaceAll('+', ' ')],
  ])('knows it %s too', (_, signature) => {
    expect(isOneNetSignature(token, { ...odd, signature })).toBe(true)
  })

  it.each([
    ['another token', 'hetao-token-2', { nonce, msg, signature }],
    ['another nonce', token, { nonce: 'Vr0p!x9R', msg, signature }],
    ['another message', token, { nonce, msg: `${msg} `, signature }],
    ['another signature', token, { nonce, msg, signature: odd.signature }],
    ['a signature cut off', token, { nonce, msg, signature: signature.slice(0, 20) }],
    ['no signature', token, { nonce, msg, signature: '' }],
    ['what is no Base64', token, { nonce, msg, signature: '%%%' }],
  ])('refuses %s', (_, key, signed) => {
    expect(isOneNetSignature(key, signed)).toBe(false)
  })
})
