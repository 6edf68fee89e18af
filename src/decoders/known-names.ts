// The key strings of payloads, remembered by their bytes: a fleet says the same few names over and over, and a name that was seen
// before costs no new string. Holds a fixed number of names; a new one takes the place of an old one.

const SLOTS = 1024
const SLOT_BYTES = 64
const QUOTE = 0x22

export interface KnownNames {
  /** The name that begins at `from` and ends before a quote; null when it is no plain name. */
  readonly read: (bytes: Uint8Array, from: number) => string | null
}

/** What may be an object's key without surprises: no index (objects sort those first), nothing that reaches into a prototype. */
const PLAIN = /^(?!constructor$|prototype$)[a-z][A-Za-z0-9_]*$/

export function createKnownNames(): KnownNames {
  const names = Array.from({ length: SLOTS }, () => '')
  const held = new Uint8Array(SLOTS * SLOT_BYTES)

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
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1)
    const name = names[slot] ?? ''
    return isHeld(slot, name.length, bytes, from, end) ? name : keep(slot, bytes.subarray(from, end))
  }

  function isHeld(
    slot: number,
    length: number,
    bytes: Uint8Array,
    from: number,
    end: number,
  ): boolean {
    if (length === 0 || length !== end - from) return false
    const base = slot * SLOT_BYTES - from
    for (let at = from; at < end; at++) if (held[base + at] !== bytes[at]) return false
    return true
  }

  function keep(slot: number, bytes: Uint8Array): string | null {
    const text = String.fromCharCode(...bytes)
    if (!PLAIN.test(text)) return null
    // Through an object's key: the engine then holds the one string it compares by address.
    names[slot] = Object.keys({ [text]: null })[0] ?? text
    held.set(bytes, slot * SLOT_BYTES)
    return names[slot]
  }

  return { read }
}
