// Times of SL 651: digits, two a byte, Beijing wall clock of this century.

import { bcdDigits } from './bcd.ts'
import { beijingTime } from './beijing-time.ts'

/** yyMMddHHmmss, or without the seconds; NaN when there is no such time. */
export function sl651Time(bytes: Uint8Array): number {
  const digits = bcdDigits(bytes)
  return digits === null ? Number.NaN : beijingTime(`20${digits}`.padEnd(14, '0'))
}
