// The key strings of payloads, remembered by their bytes: a fleet says the same few names over and over, and a name that was seen
// before costs no new string. Holds a fixed number of names; of three whose hashes meet the oldest goes.

const PAIRS = 512
const SLOT_BYTES = 64
const QUOTE = 0x22

export interface KnownNames {
  /** The name that begins at `from` and ends before a quote; null when it is no plain name. */
  readonly read: (bytes: Uint8Array, from: number) => string | null
}

/** What may be an object's key without surprises: no index (objects sort those first), nothing that reaches into a prototype. */
const PLAIN = /^(?!(?:constructor|prototype)$)[a-z][A-Za-z0-9_]*$/

export function createKnownNames(): KnownNames {
  const names = Array.from({ length: 2 * PAIRS }, () => '')
  const held = new Uint8Array(2 * PAIRS * SLOT_BYTES)

  function read(bytes: Uint8Array, from: number): string | null {
    const limit = Math.min(bytes.length, from + SLOT_BYTES)
    let hash = 0
    let end = from
    for (; end < limit; end++) {
      const byte = bytes[end] ?? QUOTE
      if (byte === QUOTE) break
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    // No quote within reach: too long, or cut off.
    if (end === limit) return null
    // Two names whose hashes meet stay both: with one slot each message would push the other's name out.
    const slot = 2 * ((hash ^ (hash >>> 9)) & (PAIRS - 1))
    if (isHeld(slot, bytes, from, end)) return names[slot] ?? null
    if (isHeld(slot + 1, bytes, from, end)) return names[slot + 1] ?? null
    return keep(slot, bytes.subarray(from, end))
  }

  function isHeld(slot: number, bytes: Uint8Array, from: number, end: number): boolean {
    if (end === from || names[slot]?.length !== end - from) return false
    const ahead = slot * SLOT_BYTES - from
    for (let at = from; at < end; at++) if (held[ahead + at] !== bytes[at]) return false
    return true
  }

  function keep(slot: number, bytes: Uint8Array): string | null {
    const text = String.fromCharCode(...bytes)
    if (!PLAIN.test(text)) return null
    names[slot + 1] = names[slot] ?? ''
    held.copyWithin((slot + 1) * SLOT_BYTES, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)
    // By way of a key the engine returns its own string for this text, the one it compares by address.
    names[slot] = Object.keys({ [text]: null })[0] ?? text
    held.set(bytes, slot * SLOT_BYTES)
    return names[slot]
  }

  return { read }
}
