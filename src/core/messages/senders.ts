// Who sent a record and where to, remembered by the record's bytes: a fleet says the same few thousand pairs of client and topic
// over and over, and a pair that was seen before costs no new strings. Only bytes to text: what a text means is asked each time.

export interface Sender {
  readonly client: string
  readonly topic: string
}

export interface Senders {
  /** Reads `u8 n, client | u16 n, topic` that begins at `from`; `clientEnd` and `topicEnd` lie behind the texts. */
  read(bytes: Buffer, from: number, clientEnd: number, topicEnd: number): Sender
}

/** Longer pairs are read anew each time. */
const SLOT_BYTES = 128
/** What tells topics apart stands near their end. */
const HASHED_BYTES = 16

/** Holds a pair per slot; of two whose hashes meet the older goes. `slots` is a power of two. */
export function createSenders(slots = 32_768): Senders {
  const senders = Array.from<Sender | undefined>({ length: slots })
  const lengths = new Uint8Array(slots)
  const held = new Uint8Array(slots * SLOT_BYTES)

  function isHeld(slot: number, bytes: Buffer, from: number, length: number): boolean {
    if (lengths[slot] !== length) return false
    const start = slot * SLOT_BYTES
    // Both lengths are among the bytes: the same texts cut in another place are another pair.
    for (let n = 0; n < length; n++) if (held[start + n] !== bytes[from + n]) return false
    return true
  }

  return {
    read(bytes, from, clientEnd, topicEnd) {
      const length = topicEnd - from
      if (length > SLOT_BYTES) return decode(bytes, from, clientEnd, topicEnd)
      let hash = length
      for (let at = Math.max(from, topicEnd - HASHED_BYTES); at < topicEnd; at++)
        hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0
      const slot = (hash ^ (hash >>> 15)) & (slots - 1)
      const known = senders[slot]
      if (known !== undefined && isHeld(slot, bytes, from, length)) return known
      const sender = decode(bytes, from, clientEnd, topicEnd)
      senders[slot] = sender
      lengths[slot] = length
      held.set(bytes.subarray(from, topicEnd), slot * SLOT_BYTES)
      return sender
    },
  }
}

function decode(bytes: Buffer, from: number, clientEnd: number, topicEnd: number): Sender {
  return {
    client: bytes.toString('utf8', from + 1, clientEnd),
    topic: bytes.toString('utf8', clientEnd + 2, topicEnd),
  }
}
