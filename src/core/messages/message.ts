// A device's message as it comes from the journal, and how its parts are counted.

import type { Millis, Position } from '../position.ts'
import type { PayloadFormat } from './record.ts'

export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
  readonly client: string
  /** Came through the HTTP door: the topic is empty, the payload names its device. */
  readonly http: boolean
  readonly simulated: boolean
  /** Taken from quarantine again: the payload begins with its first receive time (f64, little endian). */
  readonly redriven: boolean
  /** Null: a number that this version does not know. */
  readonly format: PayloadFormat | null
  readonly receivedAt: Millis
  readonly position: Position
}

/** Items of the accounting (invariant I6): a reading that passed, or a refused part. `items` = `accepted` + `quarantined`. */
export interface Counts {
  readonly items: number
  readonly accepted: number
  readonly quarantined: number
}
