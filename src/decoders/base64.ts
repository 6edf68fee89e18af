// Vendor bytes as networks carry them in JSON.

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Null when the text is not whole Base64. The bytes are a copy of their own. */
export function bytesOfBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return null
  return new Uint8Array(Buffer.from(text, 'base64'))
}
