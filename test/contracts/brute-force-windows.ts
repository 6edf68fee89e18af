// Windows worked out the slow way, by looking at the local clock step by step and at every value: what the stores' answers are
// compared with. Shares no code with them.

import type { Summary } from '../../src/core/telemetry/summary.ts'
import type { GroupPoint, Point, TelemetryWindow } from '../../src/ports.ts'

const MINUTE = 60_000
const QUARTER = 15 * MINUTE
const starts = new Map<string, number>()
const labels = new Map<string, string>()
const formats = new Map<string, Intl.DateTimeFormat>()

export interface BruteForceQuery {
  readonly from: number
  readonly to: number
  readonly window: Exclude<TelemetryWindow, 'raw'>
  readonly timeZone: string
  /** Given for counters: how long before `from` the reading may lie that the first increase counts from. */
  readonly lookBackMs?: number
}

/** Values of one metric of one device by time. */
export type Values = ReadonlyMap<number, number>
type SummaryPoint = Exclude<Point, { readonly v: number }>
type Sample = readonly [t: number, v: number]

/** Start of the minutes, local hours or local day that hold `t`. */
export function startOfWindow(
  window: Exclude<TelemetryWindow, 'raw'>,
  t: number,
  timeZone: string,
): number {
  if (window === '1m') return t - (t % MINUTE)
  if (window === '5m') return t - (t % (5 * MINUTE))
  if (window === '15m') return t - (t % QUARTER)
  const quarter = t - (t % QUARTER)
  const key = `${window} ${timeZone} ${quarter}`
  const known = starts.get(key)
  if (known !== undefined) return known
  // Walk back while the quarter before still reads as the same hour (and offset), quarter of the day, or day.
  let start = quarter
  const label = labelOf(window, quarter, timeZone)
  while (labelOf(window, start - QUARTER, timeZone) === label) start -= QUARTER
  starts.set(key, start)
  return start
}

/** The points of a chart. */
export function bruteForceWindows(values: Values, query: BruteForceQuery): SummaryPoint[] {
  const all = [...values].sort(byTime)
  let before = lastBefore(all, query)
  const points: SummaryPoint[] = []
  for (const [t, samples] of byWindow(all, query)) {
    const numbers = samples.map(([, v]) => v)
    let increase = 0
    for (const v of numbers) {
      if (before !== null) increase += counterGain(before, v)
      before = v
    }
    points.push({
      t,
      count: numbers.length,
      min: Math.min(...numbers),
      max: Math.max(...numbers),
      mean: sumOf(numbers) / numbers.length,
      last: numbers.at(-1) ?? Number.NaN,
      ...(query.lookBackMs === undefined ? {} : { increase }),
    })
  }
  return points
}

/** The points of a group of devices. */
export function bruteForceGroup(devices: readonly Values[], query: BruteForceQuery): GroupPoint[] {
  const windows = new Map<number, SummaryPoint[]>()
  for (const values of devices)
    for (const point of bruteForceWindows(values, query)) {
      const others = windows.get(point.t)
      if (others === undefined) windows.set(point.t, [point])
      else others.push(point)
    }
  return [...windows]
    .sort((a, b) => a[0] - b[0])
    .map(([t, points]) => {
      const count = sumOf(points.map((point) => point.count))
      return {
        t,
        devices: points.length,
        count,
        min: Math.min(...points.map((point) => point.min)),
        max: Math.max(...points.map((point) => point.max)),
        mean: sumOf(points.map((point) => point.mean * point.count)) / count,
        total: sumOf(points.map((point) => point.mean)),
        ...(query.lookBackMs === undefined
          ? {}
          : { increase: sumOf(points.map((point) => point.increase ?? 0)) }),
      }
    })
}

/** What a level keeps of a device and metric, by the windows' starts. */
export function bruteForceSummaries(values: Values, query: BruteForceQuery): Map<number, Summary> {
  const summaries = new Map<number, Summary>()
  for (const [t, samples] of byWindow([...values].sort(byTime), query)) {
    const numbers = samples.map(([, v]) => v)
    summaries.set(t, {
      count: numbers.length,
      min: Math.min(...numbers),
      max: Math.max(...numbers),
      sum: sumOf(numbers),
      first: numbers[0] ?? Number.NaN,
      last: numbers.at(-1) ?? Number.NaN,
      gained: sumOf(numbers.slice(1).map((v, at) => counterGain(numbers[at] ?? v, v))),
    })
  }
  return summaries
}

/** A register that falls from its last tenth into its first has rolled over; any other fall is a new meter. */
function counterGain(before: number, after: number): number {
  if (after >= before) return after - before
  const end = 10 ** String(Math.trunc(before)).length
  return end >= 1000 && before >= end * 0.9 && after <= end * 0.1 ? end - before + after : 0
}

function lastBefore(all: readonly Sample[], query: BruteForceQuery): number | null {
  const earliest = query.from - (query.lookBackMs ?? 0)
  return all.findLast(([t]) => t < query.from && t >= earliest)?.[1] ?? null
}

/** The samples of the span, by the starts of their windows. */
function byWindow(all: readonly Sample[], query: BruteForceQuery): Map<number, Sample[]> {
  const windows = new Map<number, Sample[]>()
  for (const sample of all) {
    const [t] = sample
    if (t < query.from || t >= query.to) continue
    const start = startOfWindow(query.window, t, query.timeZone)
    const samples = windows.get(start)
    if (samples === undefined) windows.set(start, [sample])
    else samples.push(sample)
  }
  return windows
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, v) => sum + v, 0)
}

const byTime = (a: Sample, b: Sample): number => a[0] - b[0]

function labelOf(window: TelemetryWindow, quarter: number, timeZone: string): string {
  const clock = clockAt(quarter, timeZone)
  // `2026-10-25 02:15:00 GMT+1`
  const [date = '', time = '', offset = ''] = clock.split(' ')
  if (window === '1d') return date
  const hour = time.slice(0, 2)
  return window === '6h' ? `${date} ${Math.floor(Number(hour) / 6)}` : `${date} ${hour} ${offset}`
}

function clockAt(quarter: number, timeZone: string): string {
  const key = `${timeZone} ${quarter}`
  let clock = labels.get(key)
  if (clock !== undefined) return clock
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'long' })
    formats.set(timeZone, format)
  }
  clock = format.format(quarter)
  labels.set(key, clock)
  return clock
}
