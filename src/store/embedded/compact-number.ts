// Numbers as few bytes, exactly: most measured values are short decimals (229.8), which a whole number and a power of ten tell in
// two or three bytes; whatever is not keeps its eight.

/** No number takes more bytes. */
export const NUMBER_BYTES_MAX = 9

/** The lowest three bits of the first byte: the power of ten that divides, or this: eight bytes follow. */
const WHOLE = 7
const SCALES = [1, 10, 100, 1_000, 10_000, 100_000] as const

/** So that the whole number with its sign and scale fits in 31 bits. */
const SHORT_MAX = 2 ** 27

/** Bytes and the place of the next one to be written or read. */
export interface ByteCursor {
  readonly bytes: Uint8Array
  at: number
}

/** Where a number passes between its eight bytes and itself; a view of each blob would cost more than the blob. */
const eight = new DataView(new ArrayBuffer(8))

/** Any number, to the last bit but for the payload of a NaN. */
export function putNumber(cursor: ByteCursor, value: number): void {
  // Minus zero is no short decimal: it would come back as zero.
  if (value !== 0 || Object.is(value, 0))
    for (const [scale, factor] of SCALES.entries()) {
      const short = Math.round(value * factor)
      // Not true of NaN either.
      if (!(Math.abs(short) < SHORT_MAX)) break
      if (short / factor !== value) continue
      putWhole(cursor, (short < 0 ? -short * 2 - 1 : short * 2) * 8 + scale)
      return
    }
  cursor.bytes[cursor.at++] = WHOLE
  eight.setFloat64(0, value)
  for (let index = 0; index < 8; index++) cursor.bytes[cursor.at++] = eight.getUint8(index)
}

export function takeNumber(cursor: ByteCursor): number {
  if (cursor.bytes[cursor.at] === WHOLE) {
    cursor.at++
    for (let index = 0; index < 8; index++) eight.setUint8(index, takeByte(cursor))
    return eight.getFloat64(0)
  }
  const coded = takeWhole(cursor)
  const short = coded >>> 3
  const factor = SCALES[coded & 7]
  if (factor === undefined)
    throw new RangeError(`Cannot read a number: expected a scale up to 5, got ${coded & 7}`)
  return (short & 1 ? -((short + 1) / 2) : short / 2) / factor
}

/** A whole number in [0, 2^31), seven bits a byte, the lowest first. */
export function putWhole(cursor: ByteCursor, value: number): void {
  let rest = value
  while (rest > 127) {
    cursor.bytes[cursor.at++] = (rest & 127) | 128
    rest >>>= 7
  }
  cursor.bytes[cursor.at++] = rest
}

export function takeWhole(cursor: ByteCursor): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = takeByte(cursor)
    value |= (byte & 127) << shift
    if (byte < 128) return value >>> 0
  }
  throw new RangeError('Cannot read a number: expected at most 5 bytes')
}

function takeByte(cursor: ByteCursor): number {
  const byte = cursor.bytes[cursor.at++]
  if (byte === undefined)
    throw new RangeError(`Cannot read a number: expected more than ${cursor.bytes.length} bytes`)
  return byte
}
