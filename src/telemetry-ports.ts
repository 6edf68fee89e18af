// The contracts of telemetry: who keeps readings and windows, who writes them, who asks for them. Part of `ports.ts`, which hands them on.

import type { Reading } from './core/messages/reading.ts'
import type { Millis, Position } from './core/position.ts'
import type { Summary } from './core/telemetry/summary.ts'

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

/** The database refuses these windows for good; all others of the put are kept. Only a change over there makes a repetition useful. */
export class WindowsRefused extends Error {
  override readonly name = 'WindowsRefused'
  readonly windows: readonly WindowRow[]
  constructor(message: string, windows: readonly WindowRow[]) {
    super(message)
    this.windows = windows
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
  /** In dry runs: when retention takes it as a whole, at the earliest. A border is acted upon once it has been wanted for a day. */
  readonly dueAt?: Millis
}

export interface StoreState {
  readonly kind: 'embedded' | 'influx' | 'memory'
  /**
   * `ready`: writes succeed. `starting`: not asked yet. The others say why nothing can be written: no answer, a wrong token, no bucket
   * and no right to make one, a full disk, answers that come late or not in time, anything else.
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
  /**
   * Each window takes the place of what is kept for its device and start. May be repeated whole. Rejects with `WindowsRefused` when some
   * of them will never be taken.
   */
  putWindows(level: RollupLevel, type: string, windows: readonly WindowRow[]): Promise<void>
  /** When the oldest and the newest kept raw readings of any type were measured, roughly (to the day); null: there are none. */
  extent(): Promise<{ readonly from: Millis; readonly to: Millis } | null>
  /** What `drop` would take. */
  expired(level: TelemetryLevel, type: string, before: Millis): Promise<readonly Expired[]>
  /** Takes away what lies before the moment as a whole, and says what it was. */
  drop(level: TelemetryLevel, type: string, before: Millis): Promise<readonly Expired[]>
  state(): StoreState
  /**
   * Levels whose place was found gone and has been made anew, empty: told, after a restart too, until they are settled. Absent: nobody
   * else can take a place away.
   */
  lost?(): readonly TelemetryLevel[]
  /** Whoever makes the windows knows of these losses for good. */
  settleLost?(levels: readonly TelemetryLevel[]): void
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
      /**
       * Counters only: what went through since the reading before the window, or since its first reading when there is none (of the
       * 40 days before the span).
       */
      readonly increase?: number
      /** Only where the window is longer than asked, as nothing finer is kept any more: how long it is, from `t` on. */
      readonly spanMs?: number
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
  /** As in `Point`. */
  readonly spanMs?: number
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
  /** What the policy takes away: now or, where nobody takes it back, after having been wanted for a day (`dueAt`). */
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
