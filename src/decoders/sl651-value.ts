// One value of SL 651: digits, two a byte, with a point where the definition says. FF before the digits is the minus sign, FF (or AA)
// throughout says that nothing was measured. Only the station's state is bits.

import { bcdDigits, decimal, hexOf } from './bcd.ts'

const STATE = '45'

export function readSl651Value(
  name: string,
  content: Uint8Array,
  decimals: number,
): number | 'missing' | 'wrong' {
  if (name === STATE && content.length <= 4) return Number(`0x${hexOf(content)}`)
  if (content.every((byte) => byte === 0xff) || content.every((byte) => byte === 0xaa))
    return 'missing'
  const isNegative = content[0] === 0xff
  const digits = bcdDigits(isNegative ? content.subarray(1) : content)
  if (digits === null) return 'wrong'
  const value = decimal(digits, decimals)
  return isNegative && value !== 0 ? -value : value
}
