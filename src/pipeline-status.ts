// The accounting of invariant I6 as people see it: what was journaled, what became of it, and how far each cursor is.

import { formatPosition } from './core/position.ts'
import type { Report } from './pipeline/messages.ts'
import type { Clock, Journal, PipelineStatus } from './ports.ts'

export interface PipelineStatusOptions {
  readonly clock: Clock
  readonly journal: Journal
  readonly report: () => Report
  readonly connections: () => number
}

/** An engine that has not moved for this long while records wait is not ready. */
const STUCK_MS = 30_000

export function createPipelineStatus(options: PipelineStatusOptions) {
  const { clock, journal } = options
  const consumedAtStart = options.report().counts.messages
  const refused: Record<string, number> = {}

  function lagOf(position: number): number {
    return position >= journal.committed
      ? 0
      : Math.max(0, clock.now() - options.report().consumedAt)
  }

  return {
    /** Counts a refusal at the door. */
    refused(reason: string): void {
      refused[reason] = (refused[reason] ?? 0) + 1
    },
    read(): PipelineStatus {
      const report = options.report()
      const journalStatus = journal.status()
      const unread = Math.max(0, consumedAtStart + journalStatus.messages - report.counts.messages)
      const unwritten = report.telemetryBehind
        ? report.counts.accepted - report.stored - report.duplicate
        : report.telemetryQueued
      const journaled = report.counts.items + unread
      const pending = unread + unwritten
      return {
        journaled,
        stored: report.stored,
        quarantined: report.counts.quarantined,
        duplicate: report.duplicate,
        revised: report.revised,
        pending,
        holds: journaled === report.stored + report.counts.quarantined + report.duplicate + pending,
        lagMs: lagOf(report.consumed),
        cursors: [
          {
            name: 'engine',
            position: formatPosition(report.consumed),
            lagMs: lagOf(report.consumed),
          },
          {
            name: 'telemetry',
            position: formatPosition(report.telemetry),
            lagMs: lagOf(report.telemetry),
          },
          {
            name: 'snapshot',
            position: formatPosition(report.snapshot),
            lagMs: lagOf(report.snapshot),
          },
        ],
        refused: { ...refused },
        journal: {
          bytesOnDisk: journalStatus.bytesOnDisk,
          segments: journalStatus.segments,
          pendingEntries: journalStatus.pendingEntries,
          holding: journalStatus.holding,
        },
        connections: options.connections(),
      }
    },
    ready(): { readonly ok: true } | { readonly ok: false; readonly why: string } {
      const holding = journal.status().holding
      if (holding !== null) return { ok: false, why: `the journal holds: ${holding}` }
      if (lagOf(options.report().consumed) > STUCK_MS)
        return { ok: false, why: 'the engine does not follow the journal' }
      return { ok: true }
    },
  }
}
