// Passwords of devices and integration accounts: random, shown once, kept only as a keyed hash. They carry 192 bits, so no slow hash
// is needed.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { INTEGRATION_PASSWORD_PREFIX } from '../core/registry/integration.ts'

const PASSWORD_BYTES = 24
const HASH_BYTES = 32
const KEY_BYTES_MIN = 16
const NO_HASH = Buffer.alloc(HASH_BYTES)

export interface Credentials {
  make(holder?: 'device' | 'integration'): { readonly password: string; readonly hash: string }
  /** Takes the same time whether the hash is right, wrong, damaged or absent (null). */
  verify(password: Uint8Array | string, hash: string | null): boolean
  /** Index of the hash that is the password's, or -1; looks at every one of them, whichever is right. */
  find(password: Uint8Array | string, hashes: readonly string[]): number
}

/** Throws RangeError when the key has fewer than 16 bytes. */
export function createCredentials(key: Buffer): Credentials {
  if (key.length < KEY_BYTES_MIN)
    throw new RangeError(
      `Cannot make credentials: expected a key of at least ${KEY_BYTES_MIN} bytes, got ${key.length}`,
    )
  const hashOf = (password: Uint8Array | string): Buffer =>
    createHmac('sha256', key).update(password).digest()

  return {
    make(holder = 'device') {
      const prefix = holder === 'integration' ? INTEGRATION_PASSWORD_PREFIX : ''
      const password = prefix + randomBytes(PASSWORD_BYTES).toString('base64url')
      return { password, hash: hashOf(password).toString('hex') }
    },
    verify: (password, hash) => isSame(hashOf(password), hash),
    find(password, hashes) {
      const given = hashOf(password)
      let found = -1
      hashes.forEach((hash, index) => {
        if (isSame(given, hash)) found = index
      })
      return found
    },
  }
}

function isSame(given: Buffer, hash: string | null): boolean {
  const stored = hash === null ? NO_HASH : Buffer.from(hash, 'hex')
  const isUsable = hash !== null && stored.length === HASH_BYTES
  const isEqual = timingSafeEqual(given, isUsable ? stored : NO_HASH)
  return isUsable && isEqual
}
