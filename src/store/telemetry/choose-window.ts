// Which window a chart gets that has asked for none. Pure.

import type { Millis } from '../../core/position.ts'
import { telemetryWindows, type TelemetryWindow } from '../../ports.ts'
import type { SummaryWindow } from './local-windows.ts'

export interface ChartSize {
  readonly from: Millis
  readonly to: Millis
  /** Points that one device's line has room for. */
  readonly width?: number
  /** Longest time between two reports of a healthy device. */
  readonly reportSeconds: number
  readonly devices?: number
  /** Of all devices together. */
  readonly pointsMax?: number
}

const WIDTH = 600
const POINTS_MAX = 50_000

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const windowMs: Readonly<Record<SummaryWindow, number>> = {
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '1d': 24 * HOUR_MS,
}

/**
 * The finest window with at most `width` points for each device and `pointsMax` for all: readings themselves where the type's rhythm gives
 * no more, and days where nothing is coarse enough.
 */
export function chooseWindow(size: ChartSize): TelemetryWindow {
  const { width = WIDTH, devices = 1, pointsMax = POINTS_MAX } = size
  const most = Math.min(width, pointsMax / Math.max(1, devices))
  return telemetryWindows.find((window) => pointsOf(window, size) <= most) ?? '1d'
}

function pointsOf(window: TelemetryWindow, { from, to, reportSeconds }: ChartSize): number {
  if (window === 'raw') return Math.ceil((to - from) / (Math.max(reportSeconds, 0.001) * 1000))
  const length = windowMs[window]
  // Hours of zones with an odd half are cut elsewhere; that may be one more.
  if (length <= HOUR_MS) return Math.floor((to - 1) / length) - Math.floor(from / length) + 1
  // Which hours a local day has is not known here: a span from a quarter hour on is taken to begin with one.
  const isCut = from % windowMs['15m'] !== 0
  return Math.ceil((to - from) / length) + (isCut ? 1 : 0)
}
