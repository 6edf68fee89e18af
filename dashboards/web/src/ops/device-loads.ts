// What the screens load of one device: its card, its latest values, a stretch of one metric.

import type { ApiClient } from '../api/client.ts'
import { readDevice, readDeviceErrors, readLatest, readPoints } from '../api/device.ts'
import type { Device, DeviceError, Latest, Point } from '../api/device.ts'

export async function loadDevice(api: ApiClient, id: string, signal: AbortSignal): Promise<Device> {
  const device = readDevice(await api.get(`/devices/${encodeURIComponent(id)}`, signal))
  if (device === null)
    throw new TypeError(`Cannot read device ${id}: expected an object with an id`)
  return device
}

/** Null when nothing has been heard of it yet. */
export async function loadLatest(
  api: ApiClient,
  id: string,
  signal: AbortSignal,
): Promise<Latest | null> {
  return readLatest(await api.get(`/devices/${encodeURIComponent(id)}/latest`, signal))
}

const ERRORS_SHOWN = 20

/** The newest things of the device that were refused. */
export async function loadDeviceErrors(
  api: ApiClient,
  id: string,
  signal: AbortSignal,
): Promise<readonly DeviceError[]> {
  const path = `/devices/${encodeURIComponent(id)}/errors?limit=${ERRORS_SHOWN}`
  return readDeviceErrors(await api.get(path, signal))
}

export const chartRanges = {
  m15: 900_000,
  h1: 3_600_000,
  h6: 21_600_000,
  h24: 86_400_000,
  d7: 604_800_000,
  d30: 2_592_000_000,
} as const
export type ChartRange = keyof typeof chartRanges

/** About one for every pixel of the chart. */
const POINTS = 1_500

/** What the screen has no room for is told by the spread of a minute, a quarter, an hour: the server chooses. */
export async function loadSeries(
  api: ApiClient,
  query: {
    readonly device: string
    readonly metric: string
    readonly from: number
    readonly to: number
  },
  signal: AbortSignal,
): Promise<readonly Point[]> {
  const parameters = new URLSearchParams({
    metric: query.metric,
    from: String(Math.floor(query.from)),
    to: String(Math.ceil(query.to)),
    ...(query.to - query.from <= chartRanges.h6
      ? { window: 'raw' }
      : { window: 'auto', width: String(POINTS) }),
  })
  const path = `/devices/${encodeURIComponent(query.device)}/telemetry?${parameters.toString()}`
  return readPoints(await api.get(path, signal))
}
