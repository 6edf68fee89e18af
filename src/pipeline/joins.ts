// Frames that came in two messages. The pipeline keeps beginnings until their ends come; a store that reads the journal again, perhaps
// from between the two, is told here what stood before a payload.

import { createFragments } from '../core/messages/fragments.ts'
import type { FragmentsSnapshot, LostFragment } from '../core/messages/fragments.ts'
import type { EffectSink } from '../core/effect.ts'
import type { Message } from '../core/messages/message.ts'
import type { FragmentBox } from '../core/messages/ingest-foreign.ts'
import { formatPosition, type Millis, type Position } from '../core/position.ts'

export interface JoinsSnapshot {
  readonly waiting: FragmentsSnapshot
  /** What stood before the payload at a position, in base64; oldest first. */
  readonly prefixes: readonly (readonly [Position, string])[]
}

export interface Joins extends FragmentBox {
  /** Beginnings that have waited too long end in quarantine. */
  expire(now: Millis, emit: EffectSink): void
  /** How many beginnings were given up since the last call. */
  takeLost(): number
  prefixAt(position: Position): Uint8Array | undefined
  /** Nothing up to here will be read again. */
  forget(through: Position): void
  snapshot(): JoinsSnapshot
}

/** A store that is away for long: beyond this the oldest are forgotten, and their readings are missing in it. */
const PREFIXES_MAX = 20_000

export function createJoins(kept?: JoinsSnapshot): Joins {
  const fragments = createFragments(kept?.waiting)
  const prefixes = new Map<Position, Uint8Array>(
    (kept?.prefixes ?? []).map(([position, base64]) => [position, Buffer.from(base64, 'base64')]),
  )
  let lost = 0

  return {
    join(message) {
      const { payload, receivedAt, position } = message
      const joined = fragments.join(streamOf(message), payload, receivedAt)
      if (joined !== payload) {
        // A copy: a view would keep the whole payload in memory.
        prefixes.set(position, joined.slice(0, joined.length - payload.length))
        const [oldest] = prefixes.keys()
        if (prefixes.size > PREFIXES_MAX && oldest !== undefined) prefixes.delete(oldest)
      }
      return joined
    },
    keep(message, rest, emit) {
      const { topic, client, simulated, receivedAt, position } = message
      const format = message.format ?? 'canonical'
      const given = fragments.keep(streamOf(message), rest, {
        topic,
        client,
        format,
        simulated,
        receivedAt,
        position,
      })
      for (const one of given) emit(quarantined(one))
      lost += given.length
    },
    expire(now, emit) {
      const expired = fragments.expire(now)
      for (const one of expired) emit(quarantined(one))
      lost += expired.length
    },
    takeLost() {
      const count = lost
      lost = 0
      return count
    },
    prefixAt: (position) => prefixes.get(position),
    forget(through) {
      for (const position of prefixes.keys()) {
        if (position > through) break
        prefixes.delete(position)
      }
    },
    snapshot: () => ({
      waiting: fragments.snapshot(),
      prefixes: Array.from(prefixes, ([position, bytes]) => [
        position,
        Buffer.from(bytes).toString('base64'),
      ]),
    }),
  }
}

/** Two senders on one topic are two streams, and so are an account and another one made anew under its name. */
function streamOf({ client, topic, format }: Message): string {
  return `${client}\n${format}\n${topic}`
}

function quarantined({ origin, bytes, detail }: LostFragment) {
  const { position, receivedAt, client, topic, simulated, format } = origin
  return {
    kind: 'quarantine',
    item: {
      // Beside the numbered parts that the same message may have had refused.
      id: `${formatPosition(position)}.rest`,
      position,
      at: receivedAt,
      client,
      topic,
      device: null,
      payload: bytes,
      http: false,
      simulated,
      format,
      code: 'broken_frame',
      detail,
    },
  } as const
}
