// What is refused of one message: one quarantine effect for each part, numbered, all with one copy of the payload.

import type { EffectSink } from '../effect.ts'
import type { Counts, Message } from './message.ts'
import { formatPosition } from '../position.ts'
import type { Millis } from '../position.ts'
import type { Refusal } from './reading.ts'

export interface Refusals {
  /** The device that is spoken of, where a refusal does not name its own. */
  device: string | null
  /** That device, or the message, is simulated: once so, always so. */
  simulated: boolean
  readonly count: number
  /** The message was taken from quarantine: this is how it came, and when. */
  readAgain(payload: Uint8Array, receivedAt: Millis): void
  /** The message was put together: this is what is looked at, and kept when something of it is refused. */
  readAs(payload: Uint8Array): void
  refuse(refusal: Refusal): void
  /** The message ends here, as one refused item. */
  refuseAll(refusal: Refusal): Counts
  counts(accepted: number): Counts
}

export function createRefusals(message: Message, emit: EffectSink): Refusals {
  return new MessageRefusals(message, emit)
}

/** A class, as one is made for every message: no closures. */
class MessageRefusals implements Refusals {
  device: string | null = null
  simulated: boolean
  count = 0
  readonly #message: Message
  readonly #emit: EffectSink
  #payload: Uint8Array
  #receivedAt: Millis
  #kept: Uint8Array | null = null

  constructor(message: Message, emit: EffectSink) {
    this.simulated = message.simulated
    this.#message = message
    this.#emit = emit
    this.#payload = message.payload
    this.#receivedAt = message.receivedAt
  }

  readAgain(payload: Uint8Array, receivedAt: Millis): void {
    this.#payload = payload
    this.#receivedAt = receivedAt
  }

  readAs(payload: Uint8Array): void {
    this.#payload = payload
  }

  refuse({ code, detail, device = this.device ?? undefined }: Refusal): void {
    const { position, client, topic, http, format } = this.#message
    // The payload is a view into a buffer that is used again; all refusals of one message share one copy.
    this.#kept ??= new Uint8Array(this.#payload)
    this.#emit({
      kind: 'quarantine',
      item: {
        code,
        detail,
        id: `${formatPosition(position)}.${this.count}`,
        position,
        at: this.#receivedAt,
        client,
        topic,
        device: device ?? null,
        payload: this.#kept,
        http,
        simulated: this.simulated,
        ...(format === null || format === 'canonical' ? {} : { format }),
      },
    })
    this.count++
  }

  refuseAll(refusal: Refusal): Counts {
    this.refuse(refusal)
    return { items: this.count, accepted: 0, quarantined: this.count }
  }

  counts(accepted: number): Counts {
    return { items: accepted + this.count, accepted, quarantined: this.count }
  }
}
