// Reads series so that the answer stays within its limit: a window that was asked for and would give too much is refused with advice,
// and one that is left to us is as fine as width and limit allow.

import type { DeviceType } from '../core/device-type.ts'
import type { DeviceSeries, TelemetryWindow } from '../ports.ts'
import type { Role } from './access.ts'
import { readAllPoints } from './all-points.ts'
import { ApiError } from './errors.ts'
import type { ApiParts } from './parts.ts'
import { expectWindowAllowed, finestWindow } from './personal-data.ts'
import { ask, type QuerySpan, type WantedWindow } from './telemetry-query.ts'
import { fittingWindow, longerWindow, pointsIn, POINTS_MAX, type Chart } from './window-counts.ts'

export interface SeriesQuestion extends QuerySpan {
  readonly type: DeviceType
  readonly metric: string
  /** At most 1,000. */
  readonly devices: readonly string[]
  readonly window: WantedWindow
  readonly width: number
  /** The rhythm of these devices where it is not the type's. */
  readonly reportSeconds?: number
  readonly role: Role
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
}

export interface SeriesAnswer {
  readonly window: TelemetryWindow
  readonly series: readonly DeviceSeries[]
}

type Parts = Pick<ApiParts, 'telemetry' | 'chooseWindow'>

/** How many more readings than the chart is wide are read before a raw answer is given up: many report when something changes. */
const BURST = 4

export async function readSeries(parts: Parts, question: SeriesQuestion): Promise<SeriesAnswer> {
  const { type, metric, devices, from, to, window: wanted, role, signal } = question
  if (devices.length === 0)
    return { window: wanted === 'auto' ? windowFor(parts, question) : wanted, series: [] }
  const chart = chartOf(question)

  const readOf = (some: readonly string[], window: TelemetryWindow, limit: number) => {
    signal?.throwIfAborted()
    const query = { type: type.id, metric, devices: some, from, to, window, limit }
    return ask(() => parts.telemetry.series(query))
  }
  const read = (window: TelemetryWindow, limit: number) => readOf(devices, window, limit)

  if (wanted === 'auto') {
    const window = windowFor(parts, question)
    if (window !== 'raw') return { window, series: await read(window, POINTS_MAX + 1) }
    const share = Math.floor(POINTS_MAX / devices.length)
    const most = Math.max(1, Math.min(share, BURST * question.width))
    const series = await read('raw', most + 1)
    if (series.every(({ points }) => points.length <= most)) return { window, series }
    // They report more often than their type says.
    const coarser = windowWithin('1m', chart, question.width)
    return { window: coarser, series: await read(coarser, POINTS_MAX + 1) }
  }

  expectWindowAllowed(role, type, wanted)
  const rhythm = pointsIn('raw', chart)
  const each = wanted === 'raw' ? rhythm : Math.min(rhythm + 1, pointsIn(wanted, chart))
  if (each * devices.length > POINTS_MAX) throw tooMany(wanted, chart, `about ${each}`)
  const series = await readAllPoints(
    (some, limit) => readOf(some, wanted, limit),
    devices,
    POINTS_MAX,
  )
  if (series === null) throw tooMany(wanted, chart, 'more')
  return { window: wanted, series }
}

/** The window of a chart that asked for none. */
export function windowFor(
  parts: Pick<ApiParts, 'chooseWindow'>,
  question: Pick<
    SeriesQuestion,
    'from' | 'to' | 'width' | 'type' | 'reportSeconds' | 'devices' | 'role'
  >,
): TelemetryWindow {
  const chart = chartOf(question)
  const { from, to, reportSeconds } = chart
  const chosen = parts.chooseWindow({
    from,
    to,
    width: question.width,
    reportSeconds,
    devices: chart.series,
    pointsMax: POINTS_MAX,
  })
  return windowWithin(longerWindow(chosen, finestWindow(question.role, question.type)), chart)
}

function windowWithin(shortest: TelemetryWindow, chart: Chart, width?: number): TelemetryWindow {
  const window = fittingWindow(shortest, chart, width)
  if (window !== null) return window
  throw tooMany('1d', chart, `about ${pointsIn('1d', chart)}`)
}

function chartOf({
  from,
  to,
  type,
  reportSeconds = type.reportSeconds,
  devices,
}: Pick<SeriesQuestion, 'from' | 'to' | 'type' | 'reportSeconds' | 'devices'>): Chart {
  return { from, to, reportSeconds, series: Math.max(1, devices.length) }
}

/** Says what would do. */
export function tooMany(window: TelemetryWindow, chart: Chart, each: string): ApiError {
  const fitting = fittingWindow('1m', chart)
  const advice = fitting === null || fitting === window ? '' : `window=${fitting}, `
  return new ApiError(
    'invalid_request',
    `Expected at most ${POINTS_MAX} points: ${chart.series} series with ${each} each are more`,
    {
      errors: [
        {
          field: 'window',
          reason: `${window} gives too many points: ask for ${advice}a shorter span or fewer series`,
        },
      ],
    },
  )
}
