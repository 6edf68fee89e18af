// Chance that can be repeated. Every draw comes from a stream named by seed, device and purpose, so a device added to a city
// changes nothing for the others.

export interface RandomStream {
  /** In [0, 1). */
  next(): number
  between(min: number, max: number): number
  /** Whole number, both ends included. */
  integer(min: number, max: number): number
  chance(probability: number): boolean
  /** Throws RangeError when there is nothing to pick from. */
  pick<T>(items: readonly T[]): T
}

/** The stream of these names; the same names give the same numbers on every machine. */
export function stream(seed: string, ...names: readonly string[]): RandomStream {
  const key = [seed, ...names].join('|')
  let a = hash(key, 1)
  let b = hash(key, 2)
  let c = hash(key, 3)
  let counter = 1

  // sfc32 (Chris Doty-Humphrey, PractRand): small, fast and passes the usual batteries.
  function next(): number {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let round = 0; round < 12; round++) next()

  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    between: (min, max) => min + next() * (max - min),
    integer,
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[integer(0, items.length - 1)]
      if (item === undefined)
        throw new RangeError('Cannot pick: expected at least one item, got an empty list')
      return item
    },
  }
}

/**
 * Noise in [-1, 1] as a pure function of its arguments: what a device measures at one moment does not depend on how often it
 * was asked before.
 */
export function noiseAt(seed: string, device: string, purpose: string, at: number): number {
  const key = hash(`${seed}|${device}|${purpose}`, 4)
  const mixed = mix(mix(key ^ (at >>> 0)) ^ Math.floor(at / 2 ** 32))
  return (mixed >>> 0) / 2 ** 31 - 1
}

/** Noise that wanders smoothly from one value to the next over `periodMs`. */
export function smoothNoiseAt(
  seed: string,
  device: string,
  purpose: string,
  at: number,
  periodMs: number,
): number {
  const step = Math.floor(at / periodMs)
  const share = at / periodMs - step
  const weight = share * share * (3 - 2 * share)
  const from = noiseAt(seed, device, purpose, step)
  return from + (noiseAt(seed, device, purpose, step + 1) - from) * weight
}

/** 32 bits from a text; `salt` gives independent ones. */
export function hash(text: string, salt: number): number {
  let value = mix(0x9e3779b9 ^ salt)
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return mix(value ^ text.length)
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
