// Checks that a request was signed by a partner who knows one of our secrets (Standard Webhooks), over the raw body.

import { isUtf8 } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { Clock } from '../ports.ts'
import { webhookKey } from './webhook-key.ts'

const TOLERANCE_SECONDS = 300
const SIGNATURES_MAX = 16
const ID_CHARACTERS_MAX = 200

export type SignatureVerdict =
  { readonly ok: true } | { readonly ok: false; readonly reason: string }

export type SignatureCheck = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  rawBody: Buffer,
) => SignatureVerdict

/**
 * The library computes the signatures; its own `verify` reads the wall clock and would parse the body, so the time window is
 * judged here, by our clock, and the comparison is node's constant-time one. Throws RangeError without a usable secret; the
 * check itself never throws.
 */
export function createSignatureCheck(options: {
  readonly secrets: readonly string[]
  readonly clock: Clock
}): SignatureCheck {
  const { secrets, clock } = options
  if (secrets.length === 0)
    throw new RangeError('Cannot check signatures: expected at least one secret, got none')
  const signers = secrets.map((secret) => new Webhook(webhookKey(secret), { format: 'raw' }))

  return (headers, rawBody) => {
    const id = single(headers['webhook-id'])
    if (id === null) return refused('webhook-id: expected one value, got none or several')
    if (id.length > ID_CHARACTERS_MAX)
      return refused(
        `webhook-id: expected at most ${ID_CHARACTERS_MAX} characters, got ${id.length}`,
      )
    const stamp = single(headers['webhook-timestamp'])
    if (stamp === null || !/^\d{1,12}$/.test(stamp))
      return refused('webhook-timestamp: expected the time in whole seconds since 1970')
    const ageSeconds = Math.floor(clock.now() / 1000) - Number(stamp)
    if (Math.abs(ageSeconds) > TOLERANCE_SECONDS)
      return refused(
        `webhook-timestamp: expected at most ${TOLERANCE_SECONDS} s from now, got ${Math.abs(ageSeconds)} s ${ageSeconds > 0 ? 'old' : 'ahead'}`,
      )
    const given = signaturesOf(headers['webhook-signature'])
    if (given.length === 0) return refused('webhook-signature: expected a v1 signature, got none')
    // The library signs text: bytes that are no UTF-8 would all turn into the same replacement characters.
    if (!isUtf8(rawBody)) return refused('body: expected UTF-8 text')
    const signedAt = new Date(Number(stamp) * 1000)
    const text = rawBody.toString('utf8')
    let matches = 0
    for (const signer of signers) {
      const expected = Buffer.from(signer.sign(id, signedAt, text))
      for (const signature of given) {
        const bytes = Buffer.from(signature)
        if (bytes.length === expected.length && timingSafeEqual(bytes, expected)) matches += 1
      }
    }
    return matches > 0
      ? { ok: true }
      : refused('webhook-signature: no signature matches the body, the id and the time')
  }
}

function signaturesOf(header: string | readonly string[] | undefined): readonly string[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(' ')
  return text
    .split(/[ ]+/, SIGNATURES_MAX)
    .filter((entry) => entry.startsWith('v1,') && entry.length > 3)
}

function single(header: string | readonly string[] | undefined): string | null {
  const value = typeof header === 'string' ? header : header?.length === 1 ? (header[0] ?? '') : ''
  return value === '' ? null : value
}

function refused(reason: string): SignatureVerdict {
  return { ok: false, reason }
}
