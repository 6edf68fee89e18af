// Commands and answers: the inputs that are not device messages. Each is the JSON payload of a journal record.

import type { Device } from './registry/device.ts'
import type { Integration } from './registry/integration.ts'
import type { Millis } from './position.ts'
import type { TicketState } from './tickets/ticket.ts'

/** Record kind `command`; the record's `client` is the account that gave it. */
export type Command =
  | { readonly kind: 'devices.register'; readonly devices: readonly Omit<Device, 'createdAt'>[] }
  | { readonly kind: 'device.update'; readonly id: string; readonly patch: DevicePatch }
  | { readonly kind: 'device.remove'; readonly id: string }
  /** `previousUntil`: the credential before stays good until then; absent or null: it ends now. */
  | {
      readonly kind: 'device.credential'
      readonly id: string
      readonly hash: string
      readonly previousUntil?: Millis | null
    }
  /** Nothing lets the device in any more, until a new credential is made. */
  | { readonly kind: 'device.revoke'; readonly id: string }
  | {
      readonly kind: 'integration.create'
      readonly integration: Omit<Integration, 'createdAt'>
      readonly hash: string
    }
  | {
      readonly kind: 'integration.credential'
      readonly id: string
      readonly hash: string
      readonly previousUntil: Millis | null
    }
  | { readonly kind: 'integration.remove'; readonly id: string }
  | {
      readonly kind: 'alerts.acknowledge'
      readonly ids: readonly string[]
      readonly comment: string | null
    }
  | { readonly kind: 'alert.comment'; readonly id: string; readonly text: string }
  | { readonly kind: 'ticket.retry'; readonly id: string }
  /** The telemetry database has refused an accepted reading for good; no person's command, but an input like any. */
  | { readonly kind: 'reading.refused'; readonly reading: RefusedByStore }

export interface RefusedByStore {
  readonly device: string
  readonly topic: string
  /** When the message came. */
  readonly at: Millis
  readonly simulated: boolean
  /** What the database said. */
  readonly detail: string
  /** The reading alone, as a canonical payload. */
  readonly payload: string
}

export type DevicePatch = Partial<Omit<Device, 'id' | 'type' | 'createdAt'>>

/** Record kind `answer`: what a delivery came to, or what the case system told us. */
export type CaseAnswer =
  | {
      readonly kind: 'delivery'
      readonly ticket: string
      readonly attempt: number
      readonly outcome:
        | { readonly kind: 'accepted'; readonly caseNo: string }
        | { readonly kind: 'retry'; readonly error: string; readonly nextAt: Millis }
        | { readonly kind: 'rejected'; readonly error: string }
    }
  | { readonly kind: 'event'; readonly event: CaseEvent }

/** A status event of the case system, idempotent on its `id`. */
export interface CaseEvent {
  readonly id: string
  readonly ticket: string | null
  readonly caseNo: string | null
  readonly state: Exclude<TicketState, 'reported'>
  readonly at: Millis
  readonly by: string | null
  readonly note: string | null
  readonly code: string | null
}

/** What a command or answer came to; the HTTP answer waits for it. */
export type Outcome =
  | { readonly ok: true; readonly note: 'applied' | 'duplicate' }
  | {
      readonly ok: false
      readonly code: 'not_found' | 'already_exists' | 'not_allowed' | 'invalid'
      readonly detail: string
      readonly errors: readonly {
        readonly row: number
        readonly field: string
        readonly reason: string
      }[]
    }
