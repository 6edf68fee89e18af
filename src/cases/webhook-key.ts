// A webhook secret as key bytes, the same for what we sign and what we check.

const PREFIX = 'whsec_'
const PADDED = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const UNPADDED = /^(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,3}$/

/**
 * Base64 (standard alphabet, with or without `whsec_` and padding) is decoded, as the Standard Webhooks libraries do; any other
 * text stands for its own UTF-8 bytes, prefix included. Throws RangeError when nothing is left to sign with.
 */
export function webhookKey(secret: string): Uint8Array {
  if (secret === '')
    throw new RangeError('Cannot make a webhook key: expected a secret, got an empty text')
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret
  if (encoded !== '' && (PADDED.test(encoded) || UNPADDED.test(encoded)))
    return new Uint8Array(Buffer.from(encoded, 'base64'))
  return new Uint8Array(Buffer.from(secret, 'utf8'))
}
