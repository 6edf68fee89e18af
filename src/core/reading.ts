// A reading: what one device measured at one moment, checked against its type.

import type { Millis, Position } from './position.ts'

export interface Reading {
  readonly device: string
  readonly type: string
  /** When it was measured (event time), UTC. */
  readonly ts: Millis
  readonly receivedAt: Millis
  readonly seq: number | null
  /** One number per `metricsOf(type)`, NaN where the device said nothing; booleans as 0 and 1. */
  readonly values: readonly number[]
  readonly simulated: boolean
  /** Recorded but not judged: taken from quarantine again. */
  readonly redriven: boolean
  readonly position: Position
}

/** Why something was refused; stable, in the API, in metrics and in tests. */
export type QuarantineCode =
  | 'not_json'
  | 'wrong_shape'
  | 'empty'
  | 'too_large'
  | 'too_many_readings'
  | 'bad_timestamp'
  | 'too_old'
  | 'in_future'
  | 'unknown_device'
  | 'wrong_topic'
  | 'unknown_metric'
  | 'wrong_type'
  | 'out_of_range'
  | 'damaged_record'

export interface Refusal {
  readonly code: QuarantineCode
  /** What failed, the value, and what was expected; no final period. At most 300 characters. */
  readonly detail: string
}

export interface Quarantined extends Refusal {
  /** Journal position and ordinal within the message: `0-1842.0`. */
  readonly id: string
  readonly position: Position
  readonly at: Millis
  readonly client: string
  readonly topic: string
  /** The device it speaks of, where that could be found out. */
  readonly device: string | null
  readonly payload: Uint8Array
  readonly http: boolean
  readonly simulated: boolean
}

/** A reading as a decoder found it, not yet checked against the type. */
export interface RawReading {
  /** Null: the receive time counts. */
  readonly ts: Millis | null
  readonly seq: number | null
  readonly metrics: Readonly<Record<string, unknown>>
}

/** Decoders never throw. */
export type Decoded =
  | {
      readonly kind: 'readings'
      readonly device: string | null
      readonly readings: readonly RawReading[]
      readonly refused: readonly Refusal[]
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
