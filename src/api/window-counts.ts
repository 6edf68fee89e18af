// How many points a window makes of a span, and which windows an answer may have. Pure.

import type { Millis } from '../core/position.ts'
import { telemetryWindows, type TelemetryWindow } from '../ports.ts'

/** Of one answer, all its series together. */
export const POINTS_MAX = 50_000

/** Nominal: a local day may have an hour more or less, and its windows with it. */
export const windowMs: Readonly<Record<TelemetryWindow, number>> = {
  raw: 0,
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '1d': 86_400_000,
}

export interface Chart {
  readonly from: Millis
  readonly to: Millis
  /** Series in the answer. */
  readonly series: number
  /** Longest time between two reports of a healthy device of it. */
  readonly reportSeconds: number
}

/** Most points that one series can have, in windows of this length; of raw readings as many as the type's rhythm gives. */
export function pointsIn(window: TelemetryWindow, chart: Omit<Chart, 'series'>): number {
  const spanMs = chart.to - chart.from
  if (window === 'raw') return Math.ceil(spanMs / (chart.reportSeconds * 1000))
  // Both ends may cut a window.
  return Math.ceil(spanMs / windowMs[window]) + 1
}

/** The first of this window and those longer than it whose points fit into one answer; null when not even days do. */
export function fittingWindow(
  shortest: TelemetryWindow,
  chart: Chart,
  width: number = Number.POSITIVE_INFINITY,
): TelemetryWindow | null {
  const candidates = telemetryWindows.slice(telemetryWindows.indexOf(shortest))
  const fits = (window: TelemetryWindow) => pointsIn(window, chart) * chart.series <= POINTS_MAX
  return (
    candidates.find((window) => fits(window) && pointsIn(window, chart) <= width + 1) ??
    candidates.findLast(fits) ??
    null
  )
}

/** The longer of the two. */
export function longerWindow(one: TelemetryWindow, other: TelemetryWindow): TelemetryWindow {
  return windowMs[one] >= windowMs[other] ? one : other
}
