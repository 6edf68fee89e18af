// Steps through the bytes of flat JSON without building strings: white space, one expected byte, one number or boolean. Knows only the
// plain spellings; for all others it says so, and the caller leaves the payload to JSON.parse.

export interface Scan {
  readonly bytes: Uint8Array
  at: number
}

/** Behind the last byte; no byte has this value. */
const NOTHING = -1
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const T = 0x74
const F = 0x66
const MANTISSA_MAX = Number.MAX_SAFE_INTEGER
const NUMBER_BYTES_MAX = 64

/** Every power of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/** The next byte that is not white space. Stays on it. */
export function nextByte(scan: Scan): number {
  const { bytes } = scan
  let { at } = scan
  let byte = bytes[at] ?? NOTHING
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
    byte = bytes[++at] ?? NOTHING
  scan.at = at
  return byte
}

/** Steps over white space and this byte; false when another one stands there. */
export function skip(scan: Scan, expected: number): boolean {
  if (nextByte(scan) !== expected) return false
  scan.at++
  return true
}

/** Null for everything that is not true, false or a plain number. */
export function readScalar(scan: Scan): number | boolean | null {
  const first = nextByte(scan)
  if (first === T) return skipWord(scan, 'true') ? true : null
  if (first === F) return skipWord(scan, 'false') ? false : null
  const number = readNumber(scan)
  return Number.isNaN(number) ? null : number
}

function skipWord(scan: Scan, word: string): boolean {
  for (let n = 0; n < word.length; n++)
    if (scan.bytes[scan.at + n] !== word.charCodeAt(n)) return false
  scan.at += word.length
  return true
}

/**
 * NaN for everything that is not a plain number. When the digits without the point are a whole number below 2^53 and the power of
 * ten is at most 22, both are exact doubles, and IEEE 754 rounds their quotient just as JSON.parse rounds the text (Clinger's fast
 * path). An exponent ends the number early: its `e` then stands where a comma or a brace has to, and the caller gives up.
 */
export function readNumber(scan: Scan): number {
  const { bytes } = scan
  const first = nextByte(scan)
  let { at } = scan
  const isNegative = first === MINUS
  let byte = isNegative ? (bytes[++at] ?? NOTHING) : first
  if (!isDigit(byte)) return Number.NaN
  let mantissa = byte - ZERO
  byte = bytes[++at] ?? NOTHING
  // A leading zero stands alone.
  if (mantissa === 0 && isDigit(byte)) return Number.NaN
  while (isDigit(byte)) {
    mantissa = mantissa * 10 + (byte - ZERO)
    byte = bytes[++at] ?? NOTHING
  }
  let decimals = 0
  if (byte === POINT) {
    const point = at
    byte = bytes[++at] ?? NOTHING
    while (isDigit(byte)) {
      mantissa = mantissa * 10 + (byte - ZERO)
      byte = bytes[++at] ?? NOTHING
    }
    decimals = at - point - 1
    if (decimals === 0) return Number.NaN
  }
  const from = scan.at
  scan.at = at
  // Rounding on the way cannot bring a mantissa that passed 2^53 back below it.
  if (mantissa > MANTISSA_MAX || decimals >= POWERS.length) return spelledOut(bytes, from, at)
  const value = decimals === 0 ? mantissa : mantissa / (POWERS[decimals] ?? Number.NaN)
  return isNegative ? -value : value
}

/** The engine's own conversion, the same in Number() and JSON.parse: sums such as 230.10000000000002 have too many digits for ours. */
function spelledOut(bytes: Uint8Array, from: number, end: number): number {
  if (end - from > NUMBER_BYTES_MAX) return Number.NaN
  let text = ''
  for (let at = from; at < end; at++) text += String.fromCharCode(bytes[at] ?? 0)
  return Number(text)
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
