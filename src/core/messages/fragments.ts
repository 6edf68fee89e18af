// Beginnings of frames whose ends come with a later message of the same stream. Each stands for at most a minute of receive time, and what
// is given up comes back to the caller with the reason, so that nothing vanishes. Deterministic: time and order come with the calls.

import type { Millis, Position } from '../position.ts'
import type { PayloadFormat } from './record.ts'

/** The message that brought the beginning. */
export interface FragmentOrigin {
  readonly topic: string
  readonly client: string
  readonly format: PayloadFormat
  readonly simulated: boolean
  readonly receivedAt: Millis
  readonly position: Position
}

export interface LostFragment {
  readonly origin: FragmentOrigin
  readonly bytes: Uint8Array
  /** For the refusal `broken_frame`. */
  readonly detail: string
}

export interface Fragments {
  /** What waits in this stream, put before the payload; it waits no longer. Too old to go on: the payload alone. */
  join(stream: string, payload: Uint8Array, receivedAt: Millis): Uint8Array
  /** Copies `rest` and lets it wait. What had to go for it comes back, the oldest first. */
  keep(stream: string, rest: Uint8Array, origin: FragmentOrigin): readonly LostFragment[]
  /** What has waited too long at `now`, the oldest first. Costs nothing when nothing has. */
  expire(now: Millis): readonly LostFragment[]
  /** Plain JSON. */
  snapshot(): FragmentsSnapshot
}

export type FragmentsSnapshot = readonly {
  readonly stream: string
  readonly origin: FragmentOrigin
  readonly base64: string
}[]

const STREAMS_MAX = 1000
const BYTES_MAX = 4096
const WAIT_MS = 60_000
const NONE: readonly LostFragment[] = []

interface Fragment {
  readonly origin: FragmentOrigin
  readonly bytes: Uint8Array
}

export function createFragments(kept: FragmentsSnapshot = []): Fragments {
  // In the order in which they were kept, so the first is the first to expire: receive times never decrease.
  const waiting = new Map<string, Fragment>(
    kept.map(({ stream, origin, base64 }) => [stream, { origin, bytes: fromBase64(base64) }]),
  )

  function isOld({ origin }: Fragment, now: Millis): boolean {
    return now - origin.receivedAt >= WAIT_MS
  }

  return {
    join(stream, payload, receivedAt) {
      const fragment = waiting.get(stream)
      if (fragment === undefined || isOld(fragment, receivedAt)) return payload
      waiting.delete(stream)
      const joined = new Uint8Array(fragment.bytes.length + payload.length)
      joined.set(fragment.bytes)
      joined.set(payload, fragment.bytes.length)
      return joined
    },

    keep(stream, rest, origin) {
      const bytes = new Uint8Array(rest)
      if (bytes.length > BYTES_MAX) {
        const detail = `expected at most ${BYTES_MAX} bytes of a frame without its end, got ${bytes.length}`
        return [{ origin, bytes, detail }]
      }
      const before = waiting.get(stream)
      waiting.delete(stream)
      waiting.set(stream, { origin, bytes })
      if (before !== undefined)
        return [
          { ...before, detail: 'expected the end of the frame, got the beginning of another' },
        ]
      if (waiting.size <= STREAMS_MAX) return NONE
      const oldest = waiting.entries().next().value
      if (oldest === undefined) return NONE
      waiting.delete(oldest[0])
      const detail = `expected the end of the frame before ${STREAMS_MAX} other streams waited for one`
      return [{ ...oldest[1], detail }]
    },

    expire(now) {
      // Asked for every record, and most cities have no frames.
      if (waiting.size === 0) return NONE
      let lost: LostFragment[] | null = null
      for (const [stream, fragment] of waiting) {
        if (!isOld(fragment, now)) break
        waiting.delete(stream)
        lost ??= []
        lost.push({
          ...fragment,
          detail: `expected the end of the frame within ${WAIT_MS / 1000} s, got none`,
        })
      }
      return lost ?? NONE
    },

    snapshot: () =>
      Array.from(waiting, ([stream, { origin, bytes }]) => ({
        stream,
        origin,
        base64: btoa(String.fromCharCode(...bytes)),
      })),
  }
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
