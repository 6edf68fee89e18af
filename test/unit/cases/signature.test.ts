// The signature of what a case system sends: vectors, and the product's check against an independent signer.

import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createSignatureCheck } from '../../../src/cases/signature.ts'
import { webhookKey } from '../../../src/cases/webhook-key.ts'
import { signWebhook } from '../../../simulators/case-system/standard-webhook.ts'
import { START } from './support.ts'

// The example of the Standard Webhooks specification.
const PUBLISHED = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  atMs: 1_614_265_330_000,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const SECRET = 'whsec_aW5ib3VuZC1zZWNyZXQtb2YtdGVzdHM='
const BODY = Buffer.from('{"id":"e-1","caseNo":"1","note":"已派遣"}')
const clock = createManualClock(START)
const check = createSignatureCheck({ secrets: [SECRET], clock })
const headers = (secret = SECRET, atMs = START, body = BODY) => ({
  ...signWebhook(secret, 'e-1', atMs, body),
})
const withSignature = (signature: string) => ({ ...headers(), 'webhook-signature': signature })
const right = headers()['webhook-signature']
const wrong = `v1,${Buffer.alloc(32).toString('base64')}`

describe('createSignatureCheck()', () => {
  it('takes the published vector', () => {
    const published = createSignatureCheck({
      secrets: [PUBLISHED.secret],
      clock: createManualClock(PUBLISHED.atMs),
    })
    const given = {
      'webhook-id': PUBLISHED.id,
      'webhook-timestamp': String(PUBLISHED.atMs / 1000),
      'webhook-signature': PUBLISHED.signature,
    }
    expect(published(given, Buffer.from(PUBLISHED.body))).toEqual({ ok: true })
  })

  it.each([
    ['a right signature', headers()],
    ['the second of two signatures', withSignature(`${wrong} ${right}`)],
    ['the first of two signatures', withSignature(`${right} ${wrong}`)],
    ['a v1 signature beside an unknown version', withSignature(`v1a,abc ${right}`)],
    ['a signature header sent twice', { ...headers(), 'webhook-signature': [wrong, right] }],
    ['a time 300 s ago', headers(SECRET, START - 300_000)],
    ['a time 300 s ahead', headers(SECRET, START + 300_000)],
  ])('takes %s', (_, given) => {
    expect(check(given, BODY)).toEqual({ ok: true })
  })

  it.each([
    ['a time 301 s ago', headers(SECRET, START - 301_000), BODY],
    ['a time 301 s ahead', headers(SECRET, START + 301_000), BODY],
    ['a wrong secret', headers('whsec_b3RoZXI='), BODY],
    ['a changed body', headers(), Buffer.from('{"id":"e-1","caseNo":"2","note":"已派遣"}')],
    [
      'a re-serialised body',
      headers(),
      Buffer.from(JSON.stringify(JSON.parse(BODY.toString()), null, 1)),
    ],
    ['an empty body', headers(), Buffer.alloc(0)],
    ['another id', { ...headers(), 'webhook-id': 'e-2' }, BODY],
    [
      'another time',
      { ...headers(), 'webhook-timestamp': String(Math.floor(START / 1000) + 1) },
      BODY,
    ],
    ['no id', { ...headers(), 'webhook-id': undefined }, BODY],
    ['no time', { ...headers(), 'webhook-timestamp': undefined }, BODY],
    ['a time that is no number', { ...headers(), 'webhook-timestamp': '1e9' }, BODY],
    ['no signature', { ...headers(), 'webhook-signature': undefined }, BODY],
    ['an empty signature', withSignature('v1,'), BODY],
    ['a signature without version', withSignature(right.slice(3)), BODY],
    ['an unknown version only', withSignature(`v2${right.slice(2)}`), BODY],
    ['a shorter signature', withSignature(right.slice(0, -4)), BODY],
    ['two ids', { ...headers(), 'webhook-id': ['e-1', 'e-1'] }, BODY],
    ['a right signature behind too many', withSignature(`${`${wrong} `.repeat(50)}${right}`), BODY],
  ])('refuses %s with a reason', (_, given, body) => {
    const verdict = check(given, body)
    expect(verdict.ok).toBe(false)
    expect(verdict.ok ? '' : verdict.reason).toMatch(/^(webhook-\w+|body): .+[^.]$/)
  })

  it('refuses bytes that only look alike once they are text', () => {
    const signed = Buffer.from([0x22, 0xff, 0x22])
    const given = signWebhook(SECRET, 'e-1', START, signed.toString('utf8'))
    expect(check({ ...given }, signed).ok).toBe(false)
  })

  it('takes any of several secrets, so that they can be changed over', () => {
    const both = createSignatureCheck({ secrets: ['new-secret!', SECRET], clock })
    expect(both(headers(), BODY).ok).toBe(true)
    expect(both(headers('new-secret!'), BODY).ok).toBe(true)
  })

  it('refuses our own deliveries sent back, as they are signed with the other secret', () => {
    expect(check(headers('outbound-secret-of-tests'), BODY).ok).toBe(false)
  })

  it('agrees with an independent signer for every secret, id and body', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ minLength: 1 }), fc.base64String({ minLength: 4 })),
        fc.boolean(),
        fc.stringMatching(/^[\w.-]{1,40}$/),
        fc.string({ unit: 'grapheme' }),
        (text, prefixed, id, body) => {
          const secret = prefixed ? `whsec_${text}` : text
          const one = createSignatureCheck({ secrets: [secret], clock })
          const bytes = Buffer.from(body)
          expect(one({ ...signWebhook(secret, id, START, bytes) }, bytes)).toEqual({ ok: true })
        },
      ),
    )
  })

  it('never throws, whatever the headers and bytes', () => {
    const header = fc.oneof(fc.constant(undefined), fc.string(), fc.array(fc.string()))
    fc.assert(
      fc.property(header, header, header, fc.uint8Array(), (id, time, signature, body) => {
        const given = {
          'webhook-id': id,
          'webhook-timestamp': time,
          'webhook-signature': signature,
        }
        expect(check(given, Buffer.from(body)).ok).toBe(false)
      }),
    )
  })
})

describe('webhookKey()', () => {
  it.each([
    ['whsec_AAEC', [0, 1, 2]],
    ['AAEC', [0, 1, 2]],
    ['AAE=', [0, 1]],
    ['AAE', [0, 1]],
    ['AAEC-', [...Buffer.from('AAEC-')]],
    ['AAECA', [...Buffer.from('AAECA')]],
    ['whsec_', [...Buffer.from('whsec_')]],
    ['密钥', [...Buffer.from('密钥')]],
  ])('reads %s', (secret, bytes) => {
    expect([...webhookKey(secret)]).toEqual(bytes)
  })

  it('decodes base64 as the library does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const secret = `whsec_${Buffer.from(bytes).toString('base64')}`
        const ours = new Webhook(webhookKey(secret), { format: 'raw' })
        const theirs = new Webhook(secret)
        const at = new Date(START)
        expect(ours.sign('id', at, 'body')).toBe(theirs.sign('id', at, 'body'))
      }),
    )
  })

  it('throws without a secret', () => {
    expect(() => webhookKey('')).toThrow(RangeError)
  })
})
