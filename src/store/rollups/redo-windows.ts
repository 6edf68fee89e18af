// Works off the marks: windows that were closed before all their readings had come are made again.

import type { Millis } from '../../core/position.ts'
import { TelemetryUnavailable } from '../../ports.ts'
import type { WindowAt } from '../telemetry/local-windows.ts'
import type { DirtyMarks, MarkedWork } from './dirty-marks.ts'
import type { MakeWindows } from './make-windows.ts'
import type { RollupState } from './rollup-state.ts'

/** What fails keeps nothing else waiting, and stays marked; the errors are returned. That the store is away is thrown at once. */
export interface RedoWindows {
  /** Closed minutes of the marked hours from the raw readings, and the hour where it is closed; its day, where closed, is marked. */
  hours(): Promise<readonly unknown[]>
  /** Marked days that are closed, from their hours. */
  days(): Promise<readonly unknown[]>
}

export interface RedoWindowsOptions {
  readonly state: RollupState
  readonly windowAt: WindowAt
  readonly marks: DirtyMarks
  readonly make: MakeWindows
  readonly rawKeptSince: (type: string) => Millis
  readonly hoursKeptSince: (type: string) => Millis
  readonly onProblem: (message: string, detail: string) => void
}

export function createRedoWindows(options: RedoWindowsOptions): RedoWindows {
  const { state, windowAt, marks, make, onProblem } = options

  async function eachOf(
    work: readonly MarkedWork[],
    redo: (one: MarkedWork) => Promise<void>,
  ): Promise<readonly unknown[]> {
    const errors: unknown[] = []
    for (const one of work) {
      try {
        await redo(one)
      } catch (error) {
        if (error instanceof TelemetryUnavailable) throw error
        errors.push(error)
      }
    }
    return errors
  }

  async function redoHour(work: MarkedWork): Promise<void> {
    const { type, devices } = work
    const span = windowAt('1h', work.start)
    const to = Math.min(span.end, state.through['1m'])
    if (work.start >= to || work.reach > to) return
    if (options.rawKeptSince(type) > span.start) {
      drop(work, 'readings')
      return
    }
    const isHour = span.end <= state.through['1h']
    await make.fromRaw({ type, devices, from: span.start, to, isHour })
    const day = windowAt('1d', span.start)
    if (isHour && day.end <= state.through['1d'])
      for (const device of devices ?? [null]) marks.add('1d', type, day.start, device, day.start)
    marks.finish(work)
  }

  async function redoDay(work: MarkedWork): Promise<void> {
    const span = windowAt('1d', work.start)
    if (span.end > state.through['1d']) return
    if (options.hoursKeptSince(work.type) > span.start) {
      drop(work, 'hours')
      return
    }
    await make.fromBelow('1d', work.type, work.devices, span)
    marks.finish(work)
  }

  /** Made of what is left, windows would lose what they have. */
  function drop(work: MarkedWork, what: string): void {
    marks.finish(work)
    onProblem(
      'late readings not rolled up',
      `Cannot make the ${work.level} windows of ${work.type} at ${new Date(work.start).toISOString()} again: ` +
        `expected all ${what} they are made of, got those that retention has left`,
    )
  }

  return {
    hours: () => eachOf(marks.work('1h'), redoHour),
    days: () => eachOf(marks.work('1d'), redoDay),
  }
}
