// value x factor + offset as people reckon it: 0.312 x 1000 is 312, not 312.00000000000006.

const DIGITS = 12

export function scaled(value: number, factor: number, offset = 0): number {
  if (factor === 1 && offset === 0) return value
  return Number((value * factor + offset).toPrecision(DIGITS))
}
