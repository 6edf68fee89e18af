// Writes windows in the place of those kept before. Those that the database refuses are told to whoever made them; the windows behind
// them do not wait.

import { WindowsRefused, type RollupLevel, type WindowRow } from '../../ports.ts'
import type { BatchSender, Progress } from './batch.ts'
import type { RefusalNotes } from './refusal-notes.ts'
import type { WindowPoints } from './window-points.ts'

export interface WindowWrites {
  /** Throws `TelemetryUnavailable`, and then may be repeated whole; `WindowsRefused` when all others are written. */
  put(level: RollupLevel, type: string, windows: readonly WindowRow[]): Promise<void>
}

export interface WindowWritesOptions {
  readonly points: Pick<WindowPoints, 'lines'>
  readonly sender: BatchSender
  readonly notes: RefusalNotes
  readonly onProblem: (message: string, detail: string) => void
}

/**
 * So many are told apart from those beside them. The others of their request then count as refused too: they can be made again, and
 * thousands of requests that find nothing but refused windows would hold up the readings.
 */
const REFUSED_MAX = 4

export function createWindowWrites(options: WindowWritesOptions): WindowWrites {
  const { points, sender, notes, onProblem } = options

  return {
    async put(level, type, windows) {
      const sayable = await points.lines(level, type, windows)
      const progress: Progress = { resolved: 0, refused: [] }
      const lines = sayable.map(({ line }) => line)
      await sender.send(level, lines, progress, REFUSED_MAX)
      const measurement = `${type}_${level}`
      const [first] = progress.refused
      const refused = progress.refused.flatMap(({ index }) => sayable[index]?.window ?? [])
      const [window] = refused
      if (first === undefined || window === undefined) {
        notes.taken(measurement, new Set(windows.map(({ start }) => start)))
        return
      }
      if (notes.refused(measurement, window.start, first.reason))
        onProblem(
          `InfluxDB refuses windows of ${measurement}`,
          `${first.reason}; they wait, are tried again each hour, and charts are made from the readings there`,
        )
      throw new WindowsRefused(first.reason, refused)
    },
  }
}
