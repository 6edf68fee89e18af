// The two 16-bit checks of Chinese telemetry, over the same polynomial (8005, reflected): the one of MODBUS and the one of HJ 212, which
// shifts the register by a byte before it takes the next one in and so keeps only half of it.

const POLYNOMIAL = 0xa001

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let register = byte
  for (let bit = 0; bit < 8; bit++)
    register = (register & 1) === 0 ? register >> 1 : (register >> 1) ^ POLYNOMIAL
  return register
})

/** SL 651 and MODBUS. */
export function crcModbus(bytes: Uint8Array, from: number, end: number): number {
  let register = 0xffff
  for (let at = from; at < end; at++)
    register = (register >> 8) ^ (table[(register ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return register
}

/** HJ 212, appendix A. */
export function crcHj212(bytes: Uint8Array, from: number, end: number): number {
  let register = 0xffff
  for (let at = from; at < end; at++) register = table[(register >> 8) ^ (bytes[at] ?? 0)] ?? 0
  return register
}
