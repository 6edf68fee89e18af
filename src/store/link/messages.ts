// What crosses between the telemetry thread and the threads that write to it and ask it. Structured-clone data only.

import type { Millis, Position } from '../../core/position.ts'
import type {
  DeviceSeries,
  Expired,
  ExportQuery,
  ExportRow,
  GroupQuery,
  GroupSeries,
  SeriesQuery,
  TelemetryCounts,
} from '../../ports.ts'
import type { PackedReadings } from './packed-readings.ts'

/** How an error travels: by what the other side has to tell apart. */
export interface SentError {
  readonly kind: 'unavailable' | 'range' | 'other'
  readonly message: string
  readonly retryAfterMs: number | null
}

export type Answer<Request extends { readonly id: number }, Value> =
  | { readonly id: Request['id']; readonly value: Value }
  | { readonly id: Request['id']; readonly error: SentError }

/** From whoever writes. Every request is answered by the counts at that moment. */
export type SinkRequest =
  | {
      readonly id: number
      readonly kind: 'write'
      readonly packed: PackedReadings
      readonly through: Position
      readonly at: Millis
    }
  | { readonly id: number; readonly kind: 'sync' | 'close' | 'hello' }

export type SinkAnswer = Answer<SinkRequest, TelemetryCounts>

/** From whoever asks. */
export type ReaderRequest =
  | { readonly id: number; readonly kind: 'series'; readonly query: SeriesQuery }
  | { readonly id: number; readonly kind: 'groups'; readonly query: GroupQuery }
  | { readonly id: number; readonly kind: 'expired' }
  /** Opens an export; `pull` with its number gives the next batch, null at the end. */
  | { readonly id: number; readonly kind: 'rows'; readonly query: ExportQuery }
  | { readonly id: number; readonly kind: 'pull' | 'leave'; readonly rows: number }

export interface ReaderValues {
  readonly series: readonly DeviceSeries[]
  readonly groups: readonly GroupSeries[]
  readonly expired: readonly Expired[]
  readonly rows: null
  readonly pull: readonly ExportRow[] | null
  readonly leave: null
}

export type ReaderAnswer = Answer<ReaderRequest, ReaderValues[keyof ReaderValues]>
