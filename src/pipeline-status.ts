// The accounting of invariant I6 as people see it: what was journaled, what became of it, and how far each cursor is.

import { formatPosition, type Millis, type Position } from './core/position.ts'
import type { Report } from './pipeline/messages.ts'
import type { Clock, Journal, PipelineStatus, TelemetryStatus } from './ports.ts'

export interface PipelineStatusOptions {
  readonly clock: Clock
  readonly journal: Journal
  readonly report: () => Report
  /** When the oldest record that the engine has not consumed was handed to it, or null. */
  readonly waitingSince: () => Millis | null
  readonly broker: () => {
    readonly connections: number
    readonly refused: Readonly<Record<string, number>>
  }
  readonly telemetry: () => TelemetryStatus
}

/** An engine that has not moved for this long while records wait is not ready. */
const STUCK_MS = 30_000

export function createPipelineStatus(options: PipelineStatusOptions) {
  const { clock, journal } = options
  const consumedAtStart = options.report().counts.messages

  const telemetry = createCursorAge(clock)
  const snapshot = createCursorAge(clock)

  /** Age of what waits in front of the engine. */
  function engineLagMs(): number {
    const since = options.waitingSince()
    return since === null ? 0 : Math.max(0, clock.now() - since)
  }

  return {
    /** Called with every report, so that the age of each cursor is known. */
    reported(report: Report): void {
      telemetry.at(report.telemetry, report.consumed)
      snapshot.at(report.snapshot, report.consumed)
    },
    read(): PipelineStatus {
      const report = options.report()
      const journalStatus = journal.status()
      const broker = options.broker()
      const unread = Math.max(0, consumedAtStart + journalStatus.messages - report.counts.messages)
      const unwritten = report.telemetryBehind
        ? report.counts.accepted - report.stored - report.duplicate - report.refused
        : report.telemetryQueued
      const quarantined = report.counts.quarantined + report.refused
      const telemetryStatus = options.telemetry()
      const journaled = report.counts.items + unread
      const pending = unread + unwritten
      return {
        journaled,
        stored: report.stored,
        quarantined,
        duplicate: report.duplicate,
        revised: report.revised,
        pending,
        holds: journaled === report.stored + quarantined + report.duplicate + pending,
        lagMs: engineLagMs(),
        cursors: [
          { name: 'engine', position: formatPosition(report.consumed), lagMs: engineLagMs() },
          {
            name: 'telemetry',
            position: formatPosition(report.telemetry),
            lagMs: telemetry.ageMs(),
          },
          { name: 'snapshot', position: formatPosition(report.snapshot), lagMs: snapshot.ageMs() },
          {
            name: 'rollups',
            // Rollups go by time; what they have not taken in yet is offered again from where the snapshot stands.
            position: formatPosition(report.telemetry),
            lagMs: telemetryStatus.rollups.lagMs,
          },
        ],
        refused: broker.refused,
        journal: {
          bytesOnDisk: journalStatus.bytesOnDisk,
          segments: journalStatus.segments,
          pendingEntries: journalStatus.pendingEntries,
          holding: journalStatus.holding,
        },
        connections: broker.connections,
        telemetry: telemetryStatus,
      }
    },
    ready(): { readonly ok: true } | { readonly ok: false; readonly why: string } {
      const holding = journal.status().holding
      if (holding !== null) return { ok: false, why: `the journal holds: ${holding}` }
      if (engineLagMs() > STUCK_MS)
        return { ok: false, why: 'the engine does not follow the journal' }
      return { ok: true }
    },
  }
}

/** How long a cursor has been behind the engine without moving to it. */
function createCursorAge(clock: Clock) {
  let last = -1
  let reachedAt = clock.now()
  let isBehind = false
  return {
    at(position: Position, engine: Position): void {
      isBehind = position < engine
      if (!isBehind || position > last) reachedAt = clock.now()
      last = position
    },
    ageMs: () => (isBehind ? Math.max(0, clock.now() - reachedAt) : 0),
  }
}
