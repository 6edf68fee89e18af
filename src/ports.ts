// The contracts of the rim (telemetry's are in a file of their own). Adapters implement them, `app.ts` joins them, one contract suite in `test/contracts` tests each.

import type { Alert, TimelineEntry } from './core/alerts/alert.ts'
import type { Device, DeviceAccess } from './core/registry/device.ts'
import type { Effect, Latest } from './core/effect.ts'
import type { CaseAnswer, Command, Outcome } from './core/input.ts'
import type { Integration, IntegrationAccess } from './core/registry/integration.ts'
import type { Millis, Position } from './core/position.ts'
import type { Quarantined } from './core/messages/reading.ts'
import type { Entry } from './core/messages/record.ts'
import type { CaseReport, HistoryEntry, Ticket } from './core/tickets/ticket.ts'
import type { TelemetryStatus } from './telemetry-ports.ts'

export * from './telemetry-ports.ts'

/** Time for everything outside the core. Simulations hand in one that they turn by hand. */
export interface Clock {
  now(): Millis
  /** Runs `task` once, `ms` from now; the returned function cancels it. */
  after(ms: number, task: () => void): () => void
}

// ---------------------------------------------------------------------------------------------------------------- journal

export type AppendOutcome =
  /** On disk, for good. */
  | { readonly kind: 'committed'; readonly position: Position; readonly receivedAt: Millis }
  /** Not written and never will be: the sender may be told no. */
  | { readonly kind: 'refused'; readonly reason: 'too_large' | 'full' | 'closed' }
  /** Perhaps written: do not acknowledge, the sender repeats, and the repetition is harmless. */
  | { readonly kind: 'unknown'; readonly cause: string }

export interface Journal {
  /**
   * Queues the entry and calls `done` once, in append order, after the group commit that holds it. Never throws. The payload is
   * copied before `append` returns. When the disk or the reader is slow, `done` comes late: that is the back-pressure.
   */
  append(entry: Entry, done: (outcome: AppendOutcome) => void): void
  /** Position of the last committed record. */
  readonly committed: Position
  status(): JournalStatus
  /** Commits what is queued, then closes; later appends are refused with `closed`. */
  close(): Promise<void>
}

export interface JournalStatus {
  readonly committed: Position
  readonly bytesOnDisk: number
  readonly segments: number
  /** Bytes and entries accepted by `append` and not yet committed. */
  readonly pendingBytes: number
  readonly pendingEntries: number
  /** Device messages accepted since start. */
  readonly messages: number
  /** Why commits wait, or null: a full disk, an upper bound, a slow reader. */
  readonly holding: string | null
}

/** A run of committed frames (see `core/messages/record.ts`) on its way to the pipeline. `bytes` covers `count` whole frames. */
export interface CommittedChunk {
  readonly first: Position
  readonly count: number
  readonly bytes: Buffer
}

// ----------------------------------------------------------------------------------------------------------------- stores

export interface PlacedEffect {
  readonly position: Position
  readonly effect: Exclude<Effect, { kind: 'reading' } | { kind: 'outcome' } | { kind: 'reply' }>
}

/** The engine thread's side of the state: projections of effects. */
export interface StateStore {
  /** Position up to which effects have been applied. */
  readonly applied: Position
  /**
   * One transaction: effects at or before `applied` are skipped, `latest` replaces, `applied` becomes `through`. A `through` before
   * `applied` changes nothing.
   */
  apply(effects: readonly PlacedEffect[], latest: readonly Latest[], through: Position): void
  /** Everything applied so far is safe against power loss when this returns. */
  sync(): void
  close(): void
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Hand it back for the next page; null at the end. */
  readonly cursor: string | null
}

export interface Paging {
  /** 1 to 1,000. */
  readonly limit: number
  readonly cursor: string | null
}

export interface AlertFilter {
  readonly state: 'active' | 'all'
  readonly severity: readonly string[] | null
  readonly division: string | null
  readonly type: string | null
  readonly device: string | null
}

/** What the delivery errand needs of a ticket that is not delivered yet. */
export interface OutboxItem {
  readonly ticket: Ticket
  readonly report: CaseReport
}

/** A name that messages speak of and that no device has: the first contact of a device nobody has registered yet. */
export interface Stranger {
  readonly name: string
  readonly firstAt: Millis
  readonly lastAt: Millis
  readonly count: number
  /** Who sent the last one (client id, account, person) and on which topic (empty: HTTP door). */
  readonly client: string
  readonly topic: string
}

/** The main thread's side of the state: read-only. A cursor that was not made by the same query throws RangeError. */
export interface StateReader {
  devices(
    filter: {
      type: string | null
      division: string | null
      parent: string | null
      /** Absent or null: whichever account speaks for it, if any. */
      integration?: string | null
      search: string | null
    },
    paging: Paging,
  ): Page<Device>
  device(id: string):
    | (Device & {
        presence: 'online' | 'offline' | null
        lastSeenAt: Millis | null
        hasCredential: boolean
        /** Until when the credential before is good; null when there is none. It may be past. */
        previousCredentialUntil: Millis | null
        revoked: boolean
      })
    | null
  /** Id of the device that has this id or, as `foldAlias` compares them, this alias. */
  deviceNamed(name: string): string | null
  /** Every device's access entry, for the doors at start. */
  access(): Iterable<DeviceAccess>
  /** Every integration account, by id; and its access entry, for the doors at start. */
  integrations(): readonly Integration[]
  integrationAccess(): Iterable<IntegrationAccess>
  /** How many devices name this account as theirs, whether it exists or not. */
  devicesOf(integration: string): number
  /** Names that no device has and that messages have spoken of, the newest first. */
  strangers(paging: Paging): Page<Stranger>
  anySimulated(): boolean
  latest(device: string): Latest | null
  /** Active first, then by severity, newest first within it. */
  alerts(filter: AlertFilter, paging: Paging): Page<Alert>
  alert(id: string): { alert: Alert; timeline: readonly TimelineEntry[] } | null
  activeAlertCounts(): Readonly<Record<string, number>>
  /** Newest first. */
  tickets(
    filter: { delivery: string | null; device: string | null; division: string | null },
    paging: Paging,
  ): Page<Ticket>
  ticket(id: string): { ticket: Ticket; history: readonly HistoryEntry[] } | null
  ticketByCase(caseNo: string): Ticket | null
  /** Tickets whose delivery is `queued` or `retrying`, oldest first, at most `limit`. */
  outbox(limit: number): readonly OutboxItem[]
  /** Newest first. */
  quarantine(
    filter: { device: string | null; code: string | null },
    paging: Paging,
  ): Page<Quarantined>
  quarantined(ids: readonly string[]): readonly Quarantined[]
  /** By code: how many there ever were, or, of one device, how many are kept. */
  quarantineCounts(device?: string): Readonly<Record<string, number>>
  close(): void
}

// ------------------------------------------------------------------------------------------------------------- the doors

/** One thing the MQTT door turned away, for the device's error feed and the list of unknown clients. Kept in memory only. */
export interface DoorRefusal {
  readonly at: Millis
  readonly client: string
  readonly address: string | null
  readonly reason: string
  readonly detail: string
  readonly topic: string | null
}

export interface UnknownClient {
  readonly client: string
  readonly firstAt: Millis
  readonly lastAt: Millis
  readonly count: number
  readonly address: string | null
}

/** What the MQTT door remembers of those it turned away. */
export interface DoorMemory {
  /** Newest first, at most twenty per client id. */
  refusals(client: string): readonly DoorRefusal[]
  /** Client ids that tried to sign in and that no device or account has; newest first, at most a thousand. */
  unknownClients(): readonly UnknownClient[]
}

// ----------------------------------------------------------------------------------------------------------- case systems

export type FileOutcome =
  | { readonly kind: 'accepted'; readonly caseNo: string }
  /** Worth another try: network, time-out, 429, 5xx. */
  | { readonly kind: 'retry'; readonly error: string; readonly retryAfterMs: number | null }
  /** Refused for good: parked until a person asks for another try. */
  | { readonly kind: 'rejected'; readonly error: string }

export interface CaseSystem {
  /** Files the ticket under its idempotency key. Never rejects; gives up when the signal aborts (outcome `retry`). */
  file(ticketId: string, report: CaseReport, signal: AbortSignal): Promise<FileOutcome>
}

// ------------------------------------------------------------------------------------------- between the rim's own rooms

/** Appends a command or a case system's answer and resolves with what the engine made of it. */
export type Submit = (
  input:
    | { readonly kind: 'command'; readonly by: string; readonly command: Command }
    | { readonly kind: 'answer'; readonly by: string; readonly answer: CaseAnswer },
) => Promise<Outcome>

/** Thrown by `Submit` when the outcome cannot be known or the journal takes nothing; the API answers 503. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable'
}

/** What has changed in the projections, after it was applied; for the event stream and the dispatcher. */
export interface Changes {
  readonly alerts: readonly Alert[]
  readonly tickets: readonly Ticket[]
  readonly readings: readonly Latest[]
  readonly presence: readonly { device: string; state: 'online' | 'offline'; at: Millis }[]
}

/** The accounting of invariant I6, in items: a reading, or the refused part of a message. */
export interface PipelineStatus {
  readonly journaled: number
  readonly stored: number
  readonly quarantined: number
  readonly duplicate: number
  readonly revised: number
  readonly pending: number
  /** journaled = stored + quarantined + duplicate + pending. */
  readonly holds: boolean
  readonly lagMs: number
  readonly cursors: readonly { name: string; position: string; lagMs: number }[]
  /** Refused at the door and never journaled, by reason. */
  readonly refused: Readonly<Record<string, number>>
  readonly journal: {
    bytesOnDisk: number
    segments: number
    pendingEntries: number
    holding: string | null
  }
  readonly connections: number
  readonly telemetry: TelemetryStatus
}
