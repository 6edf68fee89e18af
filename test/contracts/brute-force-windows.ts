// Windows worked out the slow way, by looking at the local clock step by step: what the stores' answers are compared with.

import type { Point, TelemetryWindow } from '../../src/ports.ts'

const MINUTE = 60_000
const QUARTER = 15 * MINUTE
const starts = new Map<string, number>()
const formats = new Map<string, Intl.DateTimeFormat>()

/** Start of the minute, local hour or local day that holds `t`. */
export function startOfWindow(window: TelemetryWindow, t: number, timeZone: string): number {
  if (window === '1m') return t - (t % MINUTE)
  const quarter = t - (t % QUARTER)
  const key = `${window} ${timeZone} ${quarter}`
  const known = starts.get(key)
  if (known !== undefined) return known
  // Walk back while the quarter before still reads as the same hour (and offset) or day.
  let start = quarter
  const label = labelOf(window, quarter, timeZone)
  while (labelOf(window, start - QUARTER, timeZone) === label) start -= QUARTER
  starts.set(key, start)
  return start
}

export function bruteForceWindows(
  values: ReadonlyMap<number, number>,
  query: {
    readonly from: number
    readonly to: number
    readonly window: TelemetryWindow
    readonly timeZone: string
  },
): Point[] {
  const groups = new Map<number, number[]>()
  for (const [t, v] of [...values].sort((a, b) => a[0] - b[0])) {
    if (t < query.from || t >= query.to) continue
    const start = startOfWindow(query.window, t, query.timeZone)
    groups.set(start, [...(groups.get(start) ?? []), v])
  }
  return [...groups].map(([t, all]) => ({
    t,
    count: all.length,
    min: Math.min(...all),
    max: Math.max(...all),
    mean: all.reduce((sum, v) => sum + v, 0) / all.length,
    last: all.at(-1) ?? Number.NaN,
  }))
}

function labelOf(window: TelemetryWindow, t: number, timeZone: string): string {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'long',
    })
    formats.set(timeZone, format)
  }
  // `2026-10-25 02:15:00 GMT+1`
  const [date = '', time = '', offset = ''] = format.format(t).split(' ')
  return window === '1d' ? date : `${date} ${time.slice(0, 2)} ${offset}`
}
