// Text that comes from a case system, made fit to be kept and shown: no control characters, no more than was agreed.

// Control, format (bidirectional overrides), line separators and halves of characters.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu

/** One line of printable text of at most `bytesMax` bytes of UTF-8, never ending within a character. */
export function plainText(text: string, bytesMax: number): string {
  const clean = text.replace(UNPRINTABLE, ' ').trim()
  const { read } = new TextEncoder().encodeInto(clean, new Uint8Array(bytesMax))
  return clean.slice(0, read)
}

const CASE_NO_CHARACTERS_MAX = 100

/** A case number as text, or null when it is none: 1 to 100 printable characters; whole numbers are turned into text. */
export function caseNumber(value: unknown): string | null {
  // A larger number has lost digits on its way through JSON: another case's number would come out.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null
  if (typeof value !== 'string') return null
  const text = value.trim()
  if (text === '' || text.length > CASE_NO_CHARACTERS_MAX) return null
  return text.search(UNPRINTABLE) === -1 ? text : null
}
