// Numbers as digits in bytes (two a byte), and bytes as hex text.

/** The bytes as hex digits, lower-case. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** As they stand, high byte first; null when a nibble is no digit. */
export function bcdDigits(bytes: Uint8Array): string | null {
  const text = hexOf(bytes)
  return /^\d*$/.test(text) ? text : null
}

/** Low byte first, as CJ/T 188 sends them. */
export function bcdDigitsLowFirst(bytes: Uint8Array): string | null {
  return bcdDigits(Uint8Array.from(bytes).reverse())
}

/** Digits with the last `decimals` behind the point, rounded once; below zero, so many zeros are added. */
export function decimal(digits: string, decimals: number): number {
  return Number(`${digits}e${-decimals}`)
}
