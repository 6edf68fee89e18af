// Chance by name: the same seed and question give the same answer, in whatever order the questions come.

/** A number in [0, 1) for `question`. */
export function draw(seed: number, question: string): number {
  // FNV-1a over the text, then the finishing mix of MurmurHash3, so that neighbouring questions fall far apart.
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < question.length; at += 1)
    hash = Math.imul(hash ^ question.charCodeAt(at), 0x01000193) >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
