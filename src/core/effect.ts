// What the engine decided, for the rim to carry out. Effects of one input carry its position; doing them twice changes nothing.

import type { Alert, TimelineEntry } from './alerts/alert.ts'
import type { Device, DeviceAccess } from './registry/device.ts'
import type { Outcome } from './input.ts'
import type { Millis, Position } from './position.ts'
import type { Integration, IntegrationAccess } from './registry/integration.ts'
import type { Quarantined, Reading, Reply } from './messages/reading.ts'
import type { CaseReport, HistoryEntry, Ticket } from './tickets/ticket.ts'

export type Effect =
  /** A reading that passed; the telemetry store keeps it. */
  | { readonly kind: 'reading'; readonly reading: Reading }
  | { readonly kind: 'quarantine'; readonly item: Quarantined }
  /** The message refused at `origin` is read again: its items leave the quarantine. */
  | { readonly kind: 'quarantine_left'; readonly origin: Position }
  | {
      readonly kind: 'device'
      readonly device: Device
      readonly access: DeviceAccess
      readonly credentialChanged: boolean
    }
  | { readonly kind: 'device_removed'; readonly id: string }
  | {
      readonly kind: 'integration'
      readonly integration: Integration
      readonly access: IntegrationAccess
    }
  | { readonly kind: 'integration_removed'; readonly id: string }
  /** What a network expects to hear back; sent once, while live, and never again. */
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Connection state as the broker saw it (the device's `status` topic). */
  | {
      readonly kind: 'presence'
      readonly device: string
      readonly state: 'online' | 'offline'
      readonly at: Millis
    }
  | { readonly kind: 'alert'; readonly alert: Alert; readonly entry: TimelineEntry }
  /** `report` is what to send while the delivery is queued or retrying; null once delivered or rejected for good. */
  | {
      readonly kind: 'ticket'
      readonly ticket: Ticket
      readonly report: CaseReport
      readonly entry: HistoryEntry
    }
  | { readonly kind: 'outcome'; readonly position: Position; readonly outcome: Outcome }

/** Where the engine puts its effects, in order. Never throws back into the engine. */
export type EffectSink = (effect: Effect) => void

/** Newest value per metric of one device, by event time. */
export interface Latest {
  readonly device: string
  readonly ts: Millis
  readonly receivedAt: Millis
  readonly simulated: boolean
  /** How far the device's clock is behind ours (negative: ahead), from its last live message with a time of its own. */
  readonly clock?: { readonly skewMs: number; readonly at: Millis } | null
  readonly values: Readonly<Record<string, { readonly value: number; readonly ts: Millis }>>
}
