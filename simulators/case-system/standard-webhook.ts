// Standard Webhooks as a partner would write it, with node's crypto only: the product's own signing is proven against it.

import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SignedHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

const TOLERANCE_SECONDS = 300

export function signWebhook(
  secret: string,
  id: string,
  nowMs: number,
  body: string | Buffer,
): SignedHeaders {
  const stamp = String(Math.floor(nowMs / 1000))
  return {
    'webhook-id': id,
    'webhook-timestamp': stamp,
    'webhook-signature': `v1,${mac(secret, id, stamp, body)}`,
  }
}

/** Null when the signature is right, otherwise what is wrong with it. */
export function webhookProblem(
  secret: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  nowMs: number,
  body: Buffer,
): string | null {
  const id = headers['webhook-id']
  const stamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (typeof id !== 'string' || typeof stamp !== 'string' || typeof signatures !== 'string')
    return 'a webhook header is missing'
  if (!/^\d+$/.test(stamp) || Math.abs(nowMs / 1000 - Number(stamp)) > TOLERANCE_SECONDS)
    return 'the webhook-timestamp is too far from now'
  const expected = Buffer.from(`v1,${mac(secret, id, stamp, body)}`)
  const right = signatures.split(' ').some((entry) => {
    const given = Buffer.from(entry)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return right ? null : 'no webhook-signature matches'
}

function mac(secret: string, id: string, stamp: string, body: string | Buffer): string {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${stamp}.`).update(body).digest('base64')
}

// Base64 with or without padding is a key; anything else stands for its own bytes.
function keyOf(secret: string): Buffer {
  const encoded = secret.replace(/^whsec_/, '')
  const digits = encoded.replace(/={1,2}$/, '')
  const whole = digits === encoded ? digits.length % 4 !== 1 : encoded.length % 4 === 0
  return /^[A-Za-z0-9+/]+$/.test(digits) && whole
    ? Buffer.from(encoded, 'base64')
    : Buffer.from(secret, 'utf8')
}
