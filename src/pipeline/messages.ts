// What crosses the seam between the main thread and the engine thread. Structured-clone data only.

import type { DeviceAccess } from '../core/device.ts'
import type { Outcome } from '../core/input.ts'
import type { Position } from '../core/position.ts'
import type { Changes } from '../ports.ts'
import type { PipelineCounts } from './pipeline.ts'

export type ToEngine =
  /** A committed chunk; its memory comes back in a `consumed` message. */
  | {
      readonly kind: 'chunk'
      readonly memory: ArrayBuffer
      readonly offset: number
      readonly length: number
      readonly first: Position
      readonly count: number
    }
  /** The journal is full: a snapshot, so that it may delete more. */
  | { readonly kind: 'make_room' }
  | { readonly kind: 'stop' }

export type FromEngine =
  | { readonly kind: 'ready'; readonly report: Report; readonly notes: readonly string[] }
  | { readonly kind: 'consumed'; readonly memory: ArrayBuffer }
  | { readonly kind: 'report'; readonly report: Report }
  /** A snapshot is on disk; records at or before `needed` are needed by nobody here. */
  | { readonly kind: 'snapshot'; readonly needed: Position }
  | { readonly kind: 'problem'; readonly message: string; readonly detail: string }
  | { readonly kind: 'stopped' }

/** What has happened since the last report, after it was applied to the projections. */
export interface Report {
  readonly consumed: Position
  readonly consumedAt: number
  readonly telemetry: Position
  readonly telemetryBehind: boolean
  readonly telemetryQueued: number
  readonly snapshot: Position
  readonly counts: PipelineCounts
  readonly stored: number
  readonly duplicate: number
  readonly revised: number
  readonly outcomes: readonly (readonly [Position, Outcome])[]
  readonly access: readonly { readonly access: DeviceAccess; readonly credentialChanged: boolean }[]
  readonly removed: readonly string[]
  readonly changes: Changes
}
