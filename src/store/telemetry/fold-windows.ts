// Folds rows, each device's in order of time, into the windows of a chart. Rows are readings or windows of a level; one that is longer
// than the chart's, as nothing finer is kept, becomes a window of its own. Nothing is made per row.

import type { Millis } from '../../core/position.ts'
import { counterStep } from '../../core/telemetry/counter.ts'
import type { Summary } from '../../core/telemetry/summary.ts'
import {
  telemetryWindows,
  type Point,
  type ReadingRow,
  type RollupLevel,
  type WindowRow,
} from '../../ports.ts'
import type { SummaryWindow, WindowAt } from './local-windows.ts'

/** From short to long. */
const byLength: readonly SummaryWindow[] = telemetryWindows.filter((window) => window !== 'raw')

export type SummaryPoint = Exclude<Point, { readonly v: number }>

/** What is known so far of one metric in the window under way. */
export interface MetricFold {
  /** 0: there is no value in the window, and the fields below mean nothing. */
  count: number
  min: number
  max: number
  sum: number
  first: number
  last: number
  gained: number
  /** Counters: the last value before the window, NaN when there is none. */
  before: number
}

export interface DeviceFold {
  /** The window under way. */
  start: Millis
  end: Millis
  /** Of a window that is longer than the chart's; else 0. */
  spanMs: number
  simulated: boolean
  readonly metrics: readonly MetricFold[]
}

export interface WindowFolds {
  /** The device's fold; one that has had no row yet is made now. */
  fold(device: number): DeviceFold
  addReading(device: number, row: ReadingRow): void
  addWindow(device: number, row: WindowRow, level: RollupLevel): void
  /** Ends the windows under way that end up to here, when no row before it is to come any more. Without a moment: all of them. */
  finish(readTo?: Millis): void
}

export interface WindowFoldsOptions {
  /** How many there are; each is known by its place among them. */
  readonly devices: number
  readonly windowAt: WindowAt
  readonly window: SummaryWindow
  /** Whether each metric of the rows, by place, is a counter. */
  readonly counters: readonly boolean[]
  /** Called with each window that has ended and has a value; the fold is used again afterwards. */
  readonly onWindow: (device: number, fold: DeviceFold) => void
}

export function createWindowFolds(options: WindowFoldsOptions): WindowFolds {
  const { windowAt, window, counters, onWindow } = options
  const ownLength = byLength.indexOf(window)
  const folds = Array.from<DeviceFold | undefined>({ length: options.devices })

  function foldOf(device: number): DeviceFold {
    let fold = folds[device]
    if (fold === undefined) {
      fold = {
        start: 0,
        end: Number.NEGATIVE_INFINITY,
        spanMs: 0,
        simulated: false,
        metrics: counters.map(emptyMetric),
      }
      folds[device] = fold
    }
    return fold
  }

  /** The device's fold with the window of `t` under way, which is of `kind`. */
  function foldAt(device: number, t: Millis, kind: SummaryWindow): DeviceFold {
    const fold = foldOf(device)
    if (t < fold.end) return fold
    finishWindow(device, fold)
    const { start, end } = windowAt(kind, t)
    fold.start = start
    fold.end = end
    fold.spanMs = kind === window ? 0 : end - start
    return fold
  }

  function finishWindow(device: number, fold: DeviceFold): void {
    const { metrics } = fold
    if (metrics.some(hasValues)) onWindow(device, fold)
    for (const metric of metrics) {
      if (metric.count > 0) metric.before = metric.last
      metric.count = 0
    }
    fold.simulated = false
  }

  return {
    fold: foldOf,
    addReading(device, row) {
      const fold = foldAt(device, row.ts, window)
      if (row.simulated) fold.simulated = true
      for (let at = 0; at < counters.length; at++) {
        const value = row.values[at] ?? Number.NaN
        const metric = fold.metrics[at]
        if (metric !== undefined && !Number.isNaN(value)) addValue(metric, value, counters[at])
      }
    },
    addWindow(device, row, level) {
      const isLonger = byLength.indexOf(level) > ownLength
      const fold = foldAt(device, row.start, isLonger ? level : window)
      if (row.simulated) fold.simulated = true
      for (let at = 0; at < counters.length; at++) {
        const summary = row.summaries[at]
        const metric = fold.metrics[at]
        if (metric !== undefined && summary) addSummary(metric, summary, counters[at])
      }
    },
    finish(readTo = Number.POSITIVE_INFINITY) {
      for (const [device, fold] of folds.entries())
        if (fold !== undefined && fold.end <= readTo) {
          finishWindow(device, fold)
          fold.end = Number.NEGATIVE_INFINITY
        }
    },
  }
}

/** The point of a window that has a value. */
export function pointOf(
  { start: t, spanMs }: Pick<DeviceFold, 'start' | 'spanMs'>,
  metric: MetricFold,
  isCounter: boolean,
): SummaryPoint {
  const { count, min, max, sum, last } = metric
  return {
    t,
    count,
    min,
    max,
    mean: sum / count,
    last,
    ...(isCounter ? { increase: increaseOf(metric) } : {}),
    ...(spanMs === 0 ? {} : { spanMs }),
  }
}

/** What went through since the reading before the window. */
export function increaseOf({ before, first, gained }: MetricFold): number {
  return Number.isNaN(before) ? gained : counterStep(before, first) + gained
}

function addValue(metric: MetricFold, value: number, isCounter: boolean | undefined): void {
  if (metric.count === 0) {
    metric.min = value
    metric.max = value
    metric.sum = value
    metric.first = value
    metric.gained = 0
  } else {
    if (value < metric.min) metric.min = value
    if (value > metric.max) metric.max = value
    metric.sum += value
    if (isCounter === true) metric.gained += counterStep(metric.last, value)
  }
  metric.last = value
  metric.count++
}

function addSummary(metric: MetricFold, summary: Summary, isCounter: boolean | undefined): void {
  if (metric.count === 0) {
    metric.min = summary.min
    metric.max = summary.max
    metric.sum = summary.sum
    metric.first = summary.first
    metric.gained = summary.gained
  } else {
    if (summary.min < metric.min) metric.min = summary.min
    if (summary.max > metric.max) metric.max = summary.max
    metric.sum += summary.sum
    if (isCounter === true)
      metric.gained += counterStep(metric.last, summary.first) + summary.gained
  }
  metric.last = summary.last
  metric.count += summary.count
}

function emptyMetric(): MetricFold {
  // Fields begin as fractions, so that the engine keeps all folds in one shape.
  const nothing = Number.NaN
  return {
    count: 0,
    min: nothing,
    max: nothing,
    sum: nothing,
    first: nothing,
    last: nothing,
    gained: nothing,
    before: nothing,
  }
}

const hasValues = (metric: MetricFold): boolean => metric.count > 0
