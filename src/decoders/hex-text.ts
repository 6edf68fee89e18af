// Bytes that a transmission unit delivers as text: some send each byte as two hex digits, with or without blanks.

/** The bytes behind hex text; null when it is something else. A digit left over at the end is dropped, as its byte is not there. */
export function fromHexText(payload: Uint8Array): Uint8Array | null {
  const bytes = new Uint8Array(payload.length >> 1)
  let count = 0
  let high = -1
  for (const byte of payload) {
    if (byte === 0x20 || byte === 0x0d || byte === 0x0a || byte === 0x09) continue
    const digit = hexDigit(byte)
    if (digit < 0) return null
    if (high < 0) high = digit
    else {
      bytes[count++] = high * 16 + digit
      high = -1
    }
  }
  return count === 0 ? null : bytes.subarray(0, count)
}

/** 0 to 15, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
