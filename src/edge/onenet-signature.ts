// OneNET's signature: Base64 of the MD5 of token, nonce and message. It proves that a push comes from who knows the token; MD5 is the
// platform's choice, so the door asks for the account's own password as well.

import { createHash, timingSafeEqual } from 'node:crypto'

export interface OneNetSigned {
  readonly nonce: string
  /** As it stood in the query or in the body. */
  readonly msg: string
  readonly signature: string
}

/** Never throws. A signature from a query may have lost its `+` to a blank, or still be percent-encoded. */
export function isOneNetSignature(token: string, { nonce, msg, signature }: OneNetSigned): boolean {
  const expected = createHash('md5').update(token).update(nonce).update(msg).digest()
  const given = Buffer.from(plain(signature), 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function plain(signature: string): string {
  return signature
    .replace(/%2B/gi, '+')
    .replace(/%2F/gi, '/')
    .replace(/%3D/gi, '=')
    .replaceAll(' ', '+')
}
