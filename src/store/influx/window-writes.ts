// Writes windows in the place of those kept before. One that the database refuses is told and passed over: it can be made again from
// what lies below it, and the windows behind it must not wait for it.

import type { RollupLevel, WindowRow } from '../../ports.ts'
import type { BatchSender, Progress } from './batch.ts'
import type { WindowPoints } from './window-points.ts'

export interface WindowWrites {
  /** Throws `TelemetryUnavailable`; may be repeated whole. */
  put(level: RollupLevel, type: string, windows: readonly WindowRow[]): Promise<void>
}

export interface WindowWritesOptions {
  readonly points: Pick<WindowPoints, 'lines'>
  readonly sender: BatchSender
  readonly onProblem: (message: string, detail: string) => void
}

export function createWindowWrites({
  points,
  sender,
  onProblem,
}: WindowWritesOptions): WindowWrites {
  /** Levels and types whose refusal has been told: it would be told for every window. */
  const told = new Set<string>()

  return {
    async put(level, type, windows) {
      const lines = await points.lines(level, type, windows)
      const progress: Progress = { resolved: 0, refused: [] }
      await sender.send(level, lines, progress)
      const [first] = progress.refused
      const measurement = `${type}_${level}`
      if (first === undefined || told.has(measurement)) return
      told.add(measurement)
      onProblem(
        `InfluxDB refuses ${progress.refused.length} windows of ${measurement}`,
        first.reason,
      )
    },
  }
}
