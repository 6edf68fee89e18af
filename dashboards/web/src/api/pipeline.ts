// What the pipeline says of itself, as far as an operator must know it.

import { list, millisOrNull, numberOr, numberOrNull, record, textOr, textOrNull } from './json.ts'

export interface Pipeline {
  readonly lagMs: number | null
  readonly holds: boolean
  readonly journaled: number
  readonly stored: number
  readonly quarantined: number
  readonly duplicate: number
  readonly pending: number
  readonly connections: number | null
  readonly cursors: readonly Cursor[]
  /** Refused at the doors, by reason. */
  readonly refused: readonly (readonly [reason: string, count: number])[]
  readonly journal: {
    readonly bytes: number
    readonly segments: number
    readonly waiting: number
    /** Why acknowledgements wait, or null. */
    readonly holding: string | null
  }
  readonly telemetry: Telemetry | null
}

/** How far a follower of the journal is. */
export interface Cursor {
  readonly name: string
  readonly position: string
  readonly lagMs: number
}

export interface Telemetry {
  readonly kind: string
  /** `ready`, `starting`, or why nothing can be written. */
  readonly state: string
  readonly since: number | null
  /** The database's own words. */
  readonly detail: string | null
  readonly server: string | null
  readonly rolledUpTo: number | null
  readonly rollupLagMs: number
  readonly dirty: number
  readonly retention: {
    readonly at: number
    readonly pieces: number
    readonly bytes: number | null
  } | null
}

/** Telemetry waits: what comes in is safe in the journal and is written later. */
export function isTelemetryAway(telemetry: Telemetry | null): boolean {
  return telemetry !== null && telemetry.state !== 'ready' && telemetry.state !== 'starting'
}

export function readPipeline(value: unknown): Pipeline {
  const fields = record(value)
  return {
    lagMs: numberOrNull(fields['lagMs']),
    holds: fields['holds'] !== false,
    journaled: numberOr(fields['journaled'], 0),
    stored: numberOr(fields['stored'], 0),
    quarantined: numberOr(fields['quarantined'], 0),
    duplicate: numberOr(fields['duplicate'], 0),
    pending: numberOr(fields['pending'], 0),
    connections: numberOrNull(fields['connections']),
    cursors: list(fields['cursors']).map((cursor) => {
      const { name, position, lagMs } = record(cursor)
      return { name: textOr(name, ''), position: textOr(position, ''), lagMs: numberOr(lagMs, 0) }
    }),
    refused: Object.entries(record(fields['refused'])).map(
      ([reason, count]) => [reason, numberOr(count, 0)] as const,
    ),
    journal: readJournal(fields['journal']),
    telemetry: readTelemetry(fields['telemetry']),
  }
}

function readJournal(value: unknown): Pipeline['journal'] {
  const fields = record(value)
  return {
    bytes: numberOr(fields['bytesOnDisk'], 0),
    segments: numberOr(fields['segments'], 0),
    waiting: numberOr(fields['pendingEntries'], 0),
    holding: textOrNull(fields['holding']),
  }
}

function readTelemetry(value: unknown): Telemetry | null {
  const fields = record(value)
  const kind = textOrNull(fields['kind'])
  if (kind === null) return null
  const rollups = record(fields['rollups'])
  const retention = record(fields['retention'])
  const ranAt = millisOrNull(retention['at'])
  return {
    kind,
    state: textOr(fields['state'], ''),
    since: millisOrNull(fields['since']),
    detail: textOrNull(fields['detail']),
    server: textOrNull(fields['server']),
    rolledUpTo: millisOrNull(rollups['through']),
    rollupLagMs: numberOr(rollups['lagMs'], 0),
    dirty: numberOr(rollups['dirty'], 0),
    retention:
      ranAt === null
        ? null
        : {
            at: ranAt,
            pieces: numberOr(retention['pieces'], 0),
            bytes: numberOrNull(retention['bytes']),
          },
  }
}
