// The contracts of the rim. Adapters implement them, `app.ts` joins them, one contract suite in `test/contracts` tests each.

import type { Alert, TimelineEntry } from './core/alerts/alert.ts'
import type { Device, DeviceAccess } from './core/registry/device.ts'
import type { Effect, Latest } from './core/effect.ts'
import type { CaseAnswer, Command, Outcome } from './core/input.ts'
import type { Integration, IntegrationAccess } from './core/registry/integration.ts'
import type { Millis, Position } from './core/position.ts'
import type { Quarantined, Reading } from './core/messages/reading.ts'
import type { Entry } from './core/messages/record.ts'
import type { Summary } from './core/telemetry/summary.ts'
import type { CaseReport, HistoryEntry, Ticket } from './core/tickets/ticket.ts'

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

export interface WriteCounts {
  /** New (device, ts) rows. */
  readonly stored: number
  /** Rows whose device and ts were there: the same values again, or other values that took their place. */
  readonly duplicate: number
  /** The part of `duplicate` that changed a stored value. */
  readonly revised: number
}

export interface TelemetryCounts extends WriteCounts {
  /** Readings that the database refused for good; they are in quarantine. */
  readonly refused: number
}

/** Nothing can be written at the moment: the readings wait, and the write may be repeated whole. */
export class TelemetryUnavailable extends Error {
  override readonly name = 'TelemetryUnavailable'
  /** What the server has asked for, or null. */
  readonly retryAfterMs: number | null
  constructor(message: string, retryAfterMs: number | null = null) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** The pipeline's side of telemetry. */
export interface TelemetrySink {
  /**
   * Keeps the readings: same device and ts merge, the later one wins. Readings at positions this store has applied before are
   * skipped, so a repeated write after a crash changes and counts nothing. A rejected write may be repeated whole.
   * `at`: when the record at `through` was received; nothing received earlier is still to come.
   */
  write(readings: readonly Reading[], through: Position, at: Millis): Promise<void>
  /** Everything written so far is safe against power loss when this resolves. */
  sync(): Promise<void>
  /** Totals since the store was made, surviving restarts. */
  counts(): TelemetryCounts
  close(): Promise<void>
}

/** The levels that rollups keep beside the raw readings. */
export const rollupLevels = ['1m', '1h', '1d'] as const
export type RollupLevel = (typeof rollupLevels)[number]
export type TelemetryLevel = 'raw' | RollupLevel

export interface RowQuery {
  readonly type: string
  /** Null: all of the type's, in the order of `metricsOf`. */
  readonly metrics: readonly string[] | null
  /** Null: every device of the type. */
  readonly devices: readonly string[] | null
  /** Inclusive. */
  readonly from: Millis
  /** Exclusive. */
  readonly to: Millis
}

export interface ReadingRow {
  readonly device: string
  readonly ts: Millis
  readonly simulated: boolean
  /** One for each metric asked for, NaN where the reading has none. */
  readonly values: readonly number[]
}

export interface WindowRow {
  readonly device: string
  /** A whole minute, local hour or local day. */
  readonly start: Millis
  /** At least one of its readings is. */
  readonly simulated: boolean
  /** One for each metric asked for (of all the type's, when written), null where the window has no value of it. */
  readonly summaries: readonly (Summary | null)[]
}

/** A piece of what is kept that lies before a moment as a whole: a file, or what one deletion takes. */
export interface Expired {
  readonly level: TelemetryLevel
  readonly type: string
  /** First and last moment of the piece, the last exclusive. */
  readonly from: Millis
  readonly to: Millis
  /** Where known. */
  readonly rows: number | null
  readonly bytes: number | null
  /** File or measurement, for people. */
  readonly where: string
}

export interface StoreState {
  readonly kind: 'embedded' | 'influx' | 'memory'
  /**
   * `ready`: writes succeed. `starting`: not asked yet. The others say why nothing can be written: no answer, a wrong token, no bucket
   * and no right to make one, a full disk, answers that do not come in time, anything else.
   */
  readonly state:
    'starting' | 'ready' | 'unreachable' | 'unauthorized' | 'missing' | 'full' | 'slow' | 'failing'
  readonly since: Millis
  /** What the server or the system said last, or null. */
  readonly detail: string | null
  /** Product and version of the database, when known. */
  readonly server: string | null
}

/**
 * Where readings and windows are kept. Knows nothing of what is due or true: `store/rollups` and `store/telemetry` do.
 *
 * `readings` and `windows` give the rows of each device in order of time (those of other devices may come between), in batches of a
 * few thousand at most, and let others run between two batches. An unknown device has no rows. Rows that are written while
 * they are read may or may not be seen.
 */
export interface TelemetryStore extends TelemetrySink {
  readings(query: RowQuery): AsyncIterable<readonly ReadingRow[]>
  /** Windows that start in the span. */
  windows(level: RollupLevel, query: RowQuery): AsyncIterable<readonly WindowRow[]>
  /** Each window takes the place of what is kept for its device and start. May be repeated whole. */
  putWindows(level: RollupLevel, type: string, windows: readonly WindowRow[]): Promise<void>
  /** When the oldest and the newest kept raw readings of any type were measured, roughly (to the day); null: there are none. */
  extent(): Promise<{ readonly from: Millis; readonly to: Millis } | null>
  /** What `drop` would take. */
  expired(level: TelemetryLevel, type: string, before: Millis): Promise<readonly Expired[]>
  /** Takes away what lies before the moment as a whole, and says what it was. */
  drop(level: TelemetryLevel, type: string, before: Millis): Promise<readonly Expired[]>
  state(): StoreState
}

export const telemetryWindows = ['raw', '1m', '5m', '15m', '1h', '6h', '1d'] as const
export type TelemetryWindow = (typeof telemetryWindows)[number]

export interface SeriesQuery {
  readonly type: string
  readonly metric: string
  /** At most 1,000. */
  readonly devices: readonly string[]
  /** Inclusive. */
  readonly from: Millis
  /** Exclusive. */
  readonly to: Millis
  readonly window: TelemetryWindow
  /** At most this many points of each device, the oldest first. */
  readonly limit: number
}

export type Point =
  | { readonly t: Millis; readonly v: number }
  | {
      readonly t: Millis
      readonly count: number
      readonly min: number
      readonly max: number
      readonly mean: number
      readonly last: number
      /** Counters only: what went through since the reading before the window, or since its first reading when there is none. */
      readonly increase?: number
    }

export interface DeviceSeries {
  readonly device: string
  readonly points: readonly Point[]
}

/** One metric over groups of devices: divisions, streets, whatever the caller makes of them. */
export interface GroupQuery extends Omit<SeriesQuery, 'devices' | 'window'> {
  readonly window: Exclude<TelemetryWindow, 'raw'>
  /** A device is in one group at most. */
  readonly groups: readonly { readonly key: string; readonly devices: readonly string[] }[]
}

export interface GroupPoint {
  readonly t: Millis
  /** Devices with a value in the window. */
  readonly devices: number
  /** Values. */
  readonly count: number
  readonly min: number
  readonly max: number
  /** Of all values. */
  readonly mean: number
  /** Sum of the devices' means: the power of a whole district. */
  readonly total: number
  /** Counters only: sum of the devices' increases. */
  readonly increase?: number
}

export interface GroupSeries {
  readonly key: string
  readonly points: readonly GroupPoint[]
}

export interface ExportQuery {
  readonly type: string
  readonly metrics: readonly string[]
  readonly devices: readonly string[]
  readonly from: Millis
  readonly to: Millis
  readonly window: TelemetryWindow
}

/** Device by device, each in order of time. */
export type ExportRow =
  | {
      readonly device: string
      readonly t: Millis
      readonly simulated: boolean
      readonly values: readonly number[]
    }
  | {
      readonly device: string
      readonly t: Millis
      readonly simulated: boolean
      /** `increase` for counters only. */
      readonly summaries: readonly (Exclude<Point, { v: number }> | null)[]
    }

/**
 * Telemetry as people read it. Windows start at whole minutes, at 5 or 15 of them, at local hours, local quarters of the day and local
 * days; only readings of the span count, and empty windows are left out. The answer is what the raw readings say, for as long as
 * they are kept, however far the rollups are.
 */
export interface TelemetryReader {
  /** In the order of the query's devices; those without a point have none. */
  series(query: SeriesQuery): Promise<readonly DeviceSeries[]>
  groups(query: GroupQuery): Promise<readonly GroupSeries[]>
  rows(query: ExportQuery): AsyncIterable<readonly ExportRow[]>
  /** What retention would take away now. */
  expired(): Promise<readonly Expired[]>
  close(): Promise<void>
}

/** How the telemetry side stands, for the pipeline page. */
export interface TelemetryStatus extends StoreState {
  readonly rollups: {
    /** Every window that ends up to here is kept. */
    readonly through: Millis
    /** Behind the newest reading; a few minutes are the grace for late readings. */
    readonly lagMs: number
    /** Hours and days of single devices or whole types that wait to be worked out again. */
    readonly dirty: number
  }
  /** When retention last ran and what it took, or null. */
  readonly retention: {
    readonly at: Millis
    readonly pieces: number
    readonly bytes: number | null
  } | null
}

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
