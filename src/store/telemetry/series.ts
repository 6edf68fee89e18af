// Charts of one metric of many devices, in one pass over the store.

import type { DeviceSeries, Point, SeriesQuery } from '../../ports.ts'
import { fillBefore } from './fill-before.ts'
import { createWindowFolds, pointOf } from './fold-windows.ts'
import type { SummaryWindow } from './local-windows.ts'
import type { LevelReads, RowTaker } from './level-reads.ts'

/** `isCounter`: of the query's metric. */
export async function readSeries(
  reads: LevelReads,
  query: SeriesQuery,
  isCounter: boolean,
): Promise<readonly DeviceSeries[]> {
  const places = new Map<string, number>()
  for (const device of query.devices) if (!places.has(device)) places.set(device, places.size)
  const devices = [...places.keys()]
  const answer: Answer = {
    places,
    points: devices.map(() => []),
    limit: query.limit,
    full: 0,
  }
  if (query.window === 'raw') await readRaw(reads, query, devices, answer)
  else await readWindows(reads, { ...query, devices }, query.window, isCounter, answer)
  return query.devices.map((device) => ({
    device,
    points: answer.points[places.get(device) ?? 0] ?? [],
  }))
}

interface Answer {
  readonly places: ReadonlyMap<string, number>
  readonly points: readonly Point[][]
  readonly limit: number
  /** Devices that have as many points as are wanted. */
  full: number
}

function add(answer: Answer, place: number, point: Point): void {
  const points = answer.points[place]
  if (points === undefined || points.length === answer.limit) return
  points.push(point)
  if (points.length === answer.limit) answer.full++
}

/** The device's place, or -1 when it wants no more or was never asked for. */
function openPlace(answer: Answer, device: string): number {
  const place = answer.places.get(device) ?? -1
  return answer.points[place]?.length === answer.limit ? -1 : place
}

function stops(answer: Answer): Pick<RowTaker, 'isDone' | 'isEnough'> {
  return {
    isDone: (device) => openPlace(answer, device) < 0,
    isEnough: () => answer.full === answer.points.length,
  }
}

async function readRaw(
  reads: LevelReads,
  query: SeriesQuery,
  devices: readonly string[],
  answer: Answer,
): Promise<void> {
  for (const pass of reads.passes({ ...query, devices }))
    await reads.read(pass, [query.metric], {
      ...stops(answer),
      reading(row) {
        const v = row.values[0] ?? Number.NaN
        const place = openPlace(answer, row.device)
        if (place >= 0 && !Number.isNaN(v)) add(answer, place, { t: row.ts, v })
      },
      window() {},
    })
}

async function readWindows(
  reads: LevelReads,
  query: SeriesQuery,
  window: SummaryWindow,
  isCounter: boolean,
  answer: Answer,
): Promise<void> {
  const { metric, from } = query
  const folds = createWindowFolds({
    windowAt: reads.windowAt,
    window,
    devices: answer.points.length,
    counters: [isCounter],
    onWindow(place, fold) {
      const [values] = fold.metrics
      if (values !== undefined) add(answer, place, pointOf(fold, values, isCounter))
    },
  })
  for (const pass of reads.passes(query)) {
    await fillBefore({
      reads,
      pass,
      from,
      metrics: [metric],
      counters: [isCounter],
      folds,
      places: answer.places,
    })
    await reads.read(pass, [metric], {
      ...stops(answer),
      reading(row) {
        const place = openPlace(answer, row.device)
        if (place >= 0) folds.addReading(place, row)
      },
      window(row, level) {
        const place = openPlace(answer, row.device)
        if (place >= 0) folds.addWindow(place, row, level)
      },
    })
  }
  folds.finish()
}
