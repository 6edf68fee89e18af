// Closes what is due: minutes from what is open or from the raw readings, hours from their minutes, days from their hours.

import type { Millis } from '../../core/position.ts'
import type { RollupLevel, TelemetryStore } from '../../ports.ts'
import type { Span, WindowAt } from '../telemetry/local-windows.ts'
import type { DirtyMarks } from './dirty-marks.ts'
import type { FilledSpans } from './filled-spans.ts'
import { SLICE_MAX, type MakeWindows } from './make-windows.ts'
import type { OpenWindow } from './open-window.ts'
import type { OpenWindows } from './open-windows.ts'
import { createPatience } from './patience.ts'
import { MINUTE_MS, type RollupState } from './rollup-state.ts'

export interface CloseWindows {
  /** Closes the minutes up to `due`, but not beyond the end of the hour. */
  minutes(due: Millis): Promise<void>
  /**
   * Closes every hour whose minutes are closed, and every day whose hours are; but few of them at once. True: there are more.
   */
  hoursAndDays(): Promise<boolean>
}

export interface CloseWindowsOptions {
  readonly state: RollupState
  readonly store: TelemetryStore
  readonly types: readonly string[]
  readonly windowAt: WindowAt
  readonly windows: OpenWindows
  readonly marks: DirtyMarks
  readonly make: MakeWindows
  readonly filled: FilledSpans
  readonly probes: Probes
  readonly rawKeptSince: (type: string) => Millis
  /** The store refuses windows of this span. */
  readonly isRefused: (level: RollupLevel, type: string, start: Millis) => boolean
  readonly onProblem: (message: string, detail: string) => void
}

/** By type: up to where it was last asked whether there are any raw readings. Whoever sees one of a cold minute takes it away. */
export type Probes = Map<string, { readonly to: Millis; readonly isEmpty: boolean }>

/** New minutes are closed in between, however far back hours have to be made. */
const SPANS_AT_ONCE = 48

/** More devices than this are asked for as all of the type. */
const ASIDE_MAX = 1_000

/** It is worth a question whether there is anything at all in a stretch of this length. */
const PROBE_MS = 3 * 3_600_000

export function createCloseWindows(options: CloseWindowsOptions): CloseWindows {
  const { state, types, windowAt, windows, marks, make, filled, probes, onProblem } = options
  const patiently = createPatience()

  async function minutesOfType(type: string, from: Millis, to: Millis): Promise<void> {
    const open = windows.before(type, to)
    const cold = await coldSpan(type, from, to, open)
    const hot = open.filter(({ start }) => start < cold.start || start >= cold.end)
    const nameOf = (device: number) => windows.nameOf(type, device)
    for (const window of hot) await make.put('1m', type, window.rows(nameOf, SLICE_MAX))
    const aside = new Set(hot.flatMap((window) => window.asideOf(nameOf)))
    // One may have turned cold while it was put.
    const raw = hot.filter((window) => window.isCold || window.asideOf(nameOf).length > 0)
    const isForAll = aside.size > ASIDE_MAX || raw.some((window) => window.isCold)
    await fromRaw(type, null, cold)
    await fromRaw(type, isForAll ? null : [...aside], spanOf(raw))
    windows.release(type, to)
  }

  /** The stretch that is worked out from the raw readings of all devices. */
  async function coldSpan(
    type: string,
    from: Millis,
    to: Millis,
    open: readonly OpenWindow[],
  ): Promise<Span> {
    const span = spanOf(open.filter((window) => window.isCold))
    const coldTo = Math.min(to, state.coldTo)
    if (from >= coldTo || (await isEmpty(type, from, coldTo))) return span
    return { start: from, end: Math.max(coldTo, span.end) }
  }

  /** Whether the store has nothing there, found out by one question a day where a long time is to be made up for. */
  async function isEmpty(type: string, from: Millis, to: Millis): Promise<boolean> {
    const known = probes.get(type)
    if (known !== undefined && known.isEmpty && known.to >= to) return true
    const day = Math.min(windowAt('1d', from).end, state.coldTo, state.at)
    if (day - from < PROBE_MS || known?.to === day) return false
    const probe = { to: day, isEmpty: false }
    probes.set(type, probe)
    if (await hasReadings(type, from, day)) return false
    // A reading that has come meanwhile has taken the probe away.
    probe.isEmpty = true
    return probes.get(type) === probe
  }

  async function hasReadings(type: string, from: Millis, to: Millis): Promise<boolean> {
    const query = { type, metrics: null, devices: null, from, to }
    for await (const rows of options.store.readings(query)) if (rows.length > 0) return true
    return false
  }

  async function fromRaw(type: string, devices: readonly string[] | null, span: Span) {
    // Of what is kept no longer, windows that were made in time are better than what could be made now.
    const kept = Math.ceil(options.rawKeptSince(type) / MINUTE_MS) * MINUTE_MS
    const from = Math.max(span.start, kept)
    await make.fromRaw({ type, devices, from, to: span.end, isHour: false })
  }

  async function fromBelow(level: '1h' | '1d', span: Span): Promise<void> {
    for (const type of types) {
      if (!filled.has(level, type, span.start)) continue
      await patiently(
        `${level} ${type} ${span.start}`,
        () => fromBest(level, type, span),
        (error) => {
          marks.add(level, type, span.start, null, span.start)
          tell(type, level, span.start, error)
        },
      )
    }
    filled.forget(level, span.start)
    state.through[level] = span.end
  }

  async function fromBest(level: '1h' | '1d', type: string, span: Span): Promise<void> {
    const { start: from, end: to } = span
    // Not all of its minutes are kept.
    const isCut = level === '1h' && options.isRefused('1m', type, from)
    if (isCut && options.rawKeptSince(type) <= from)
      await make.fromRaw({ type, devices: null, from, to, isHour: true })
    else await make.fromBelow(level, type, null, span)
  }

  function tell(type: string, level: string, start: Millis, error: unknown): void {
    onProblem(
      'rollup put off',
      `Cannot make the ${level} windows of ${type} at ${new Date(start).toISOString()}, they are marked to be made again: ${String(error)}`,
    )
  }

  return {
    async minutes(due) {
      const { through } = state
      const from = through['1m']
      if (from >= due) return
      const hour = windowAt('1h', from)
      const to = Math.min(hour.end, due)
      // From here on a reading of these minutes is late.
      state.sealedTo = Math.max(state.sealedTo, to)
      for (const type of types)
        await patiently(
          `1m ${type} ${from}`,
          () => minutesOfType(type, from, to),
          (error) => {
            marks.add('1h', type, hour.start, null, to)
            windows.release(type, to)
            tell(type, '1m', from, error)
          },
        )
      through['1m'] = to
    },
    async hoursAndDays() {
      const { through } = state
      let isMore = false
      for (const level of ['1h', '1d'] as const) {
        const below = through[level === '1h' ? '1m' : '1h']
        let span = windowAt(level, through[level])
        for (let done = 0; span.end <= below; done++) {
          if (done === SPANS_AT_ONCE) {
            isMore = true
            break
          }
          await fromBelow(level, span)
          span = windowAt(level, span.end)
        }
      }
      return isMore
    },
  }
}

function spanOf(windows: readonly OpenWindow[]): Span {
  let start = Number.POSITIVE_INFINITY
  let end = Number.NEGATIVE_INFINITY
  for (const window of windows) {
    start = Math.min(start, window.start)
    end = Math.max(end, window.start + MINUTE_MS)
  }
  return { start, end }
}
