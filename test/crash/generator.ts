// Seeded chance for the crash test: the same seed draws the same faults, whatever the machine does meanwhile.

/** mulberry32: small, seeded, good enough to choose moments. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One number in [0, 1) for the whole-number coordinates, without a state: story and plans look anything up in any order. */
export function draw(...coordinates: readonly number[]): number {
  let hash = 0x811c9dc5
  for (const coordinate of coordinates) {
    hash = Math.imul(hash ^ (coordinate & 0xffff), 0x01000193)
    hash = Math.imul(hash ^ (coordinate >>> 16), 0x01000193)
    hash ^= hash >>> 13
  }
  return generator(hash)()
}

/** The list in an order that the generator draws. */
export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
