// What crosses the seam between the main thread and the engine thread. Structured-clone data only.

import type { DeviceAccess } from '../core/registry/device.ts'
import type { Outcome } from '../core/input.ts'
import type { IntegrationAccess } from '../core/registry/integration.ts'
import type { Position } from '../core/position.ts'
import type { Reply } from '../core/messages/reading.ts'
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
  /** The store has not all of what it was given, and how much it lacks follows from its counts alone. */
  readonly telemetryBehind: boolean
  readonly telemetryQueued: number
  readonly snapshot: Position
  readonly counts: PipelineCounts
  readonly stored: number
  readonly duplicate: number
  readonly revised: number
  /** Refused by the telemetry database. */
  readonly refused: number
  readonly outcomes: readonly (readonly [Position, Outcome])[]
  /** How the registry stands now for those that have changed; an id is in one list only. */
  readonly access: readonly { readonly access: DeviceAccess; readonly credentialChanged: boolean }[]
  readonly removed: readonly string[]
  /** The same for integration accounts. */
  readonly integrations: readonly IntegrationAccess[]
  readonly integrationsRemoved: readonly string[]
  /** To be sent now, once; what a recovery comes across is left out. */
  readonly replies: readonly Reply[]
  readonly changes: Changes
}
