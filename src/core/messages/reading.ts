// A reading: what one device measured at one moment, checked against its type.

import type { Millis, Position } from '../position.ts'
import type { PayloadFormat } from './record.ts'

export interface Reading {
  readonly device: string
  readonly type: string
  /** The device's when the message came. */
  readonly division: string
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
  /** CRC or checksum does not fit. */
  | 'bad_checksum'
  /** A frame without its beginning or its end. */
  | 'broken_frame'
  /** The device itself marks the value as not valid (maintenance, calibration, fault). */
  | 'bad_quality'
  /** Understood, but not something that is taken in. */
  | 'unsupported'
  /** Vendor bytes, and no codec that reads them. */
  | 'no_codec'
  /** The integration account may not speak for this device. */
  | 'foreign_device'
  /** Accepted, and refused by the telemetry database for good. */
  | 'store_refused'

export interface Refusal {
  readonly code: QuarantineCode
  /** What failed, the value, and what was expected; no final period. At most 300 characters. */
  readonly detail: string
  /** The device it speaks of, where one message speaks of several. */
  readonly device?: string
  /** The format's names that it is about: nothing is refused of what the device's codec leaves out anyway. */
  readonly names?: readonly string[]
}

export interface Quarantined extends Omit<Refusal, 'device' | 'names'> {
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
  /** Absent: canonical. */
  readonly format?: PayloadFormat
}

/** A reading as a decoder found it, not yet checked against the type. */
export interface RawReading {
  /** Null: the receive time counts. */
  readonly ts: Millis | null
  readonly seq: number | null
  /** By the format's own names; the device's codec turns them into metrics. */
  readonly metrics: Readonly<Record<string, unknown>>
  /** Id or alias of the device it speaks of, where one message speaks of several. */
  readonly device?: string
  /** The vendor's own bytes, for a codec to read. */
  readonly bytes?: Uint8Array
  /** Sent later than measured (a batch, a buffered frame): says nothing about the device's clock. */
  readonly isBacklog?: boolean
}

/** What the sender's network expects to hear back, after the commit. */
export interface Reply {
  readonly topic: string
  readonly payload: Uint8Array
}

/** What a decoder may know beside the payload. */
export interface DecodeContext {
  /** Empty when the message came through an HTTP door. */
  readonly topic: string
  readonly receivedAt: Millis
}

/** Decoders are pure and never throw. */
export type Decode = (payload: Uint8Array, context: DecodeContext) => Decoded

export type Decoded =
  | {
      readonly kind: 'readings'
      /** Id or alias of the device all of them speak of; null when the topic or each reading says it. */
      readonly device: string | null
      /** Other names of the same device (its IMEI, its URN's last part), tried in order when the registry knows no `device`. */
      readonly deviceAlso?: readonly string[]
      /** Empty when the message is understood and holds none (a join, a heartbeat, an answer). */
      readonly readings: readonly RawReading[]
      readonly refused: readonly Refusal[]
      readonly replies?: readonly Reply[]
      /** The beginning of a frame whose end has not come yet: it is put before the next payload of this topic. */
      readonly rest?: Uint8Array
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
