// One metric over groups of devices. Each device is folded by itself, and every window of it that ends joins its group's: memory holds
// one window of each device and the points of the answer, however long the span.

import type { Millis } from '../../core/position.ts'
import type { GroupPoint, GroupQuery, GroupSeries } from '../../ports.ts'
import { fillBefore } from './fill-before.ts'
import { createWindowFolds, increaseOf, type DeviceFold, type MetricFold } from './fold-windows.ts'
import type { LevelReads } from './level-reads.ts'

interface GroupFold {
  readonly t: Millis
  /** As in `DeviceFold`. */
  readonly spanMs: number
  devices: number
  count: number
  min: number
  max: number
  sum: number
  total: number
  increase: number
}

/** `devices`: those of the groups, one after the other, each once. */
export async function readGroups(
  reads: LevelReads,
  query: GroupQuery,
  devices: readonly string[],
  isCounter: boolean,
): Promise<readonly GroupSeries[]> {
  const { type, metric, from, to, window, groups, limit } = query
  const places = new Map(devices.map((device, place) => [device, place]))
  const windows = groups.map(() => new Map<Millis, GroupFold>())
  const windowsOf = groups.flatMap((group, at) => group.devices.map(() => windows[at]))
  const folds = createWindowFolds({
    windowAt: reads.windowAt,
    window,
    devices: devices.length,
    counters: [isCounter],
    onWindow(place, { start, spanMs, metrics: [fold] }) {
      const group = windowsOf[place]
      if (group === undefined || fold === undefined) return
      const known = group.get(start)
      if (known === undefined) group.set(start, groupOf({ start, spanMs }, fold, isCounter))
      else join(known, fold, isCounter)
    },
  })

  /** Whether what was read up to here is all that the limit lets through. */
  function isEnough(readTo: Millis): boolean {
    folds.finish(readTo)
    const end = reads.windowAt(window, readTo).start
    return groups.every(({ devices: members }, at) => {
      if (members.length === 0) return true
      let ended = 0
      for (const t of windows[at]?.keys() ?? []) if (t < end) ended++
      return ended >= limit
    })
  }

  for (const pass of reads.passes({ type, devices, window, from, to })) {
    await fillBefore({
      reads,
      pass,
      from,
      metrics: [metric],
      counters: [isCounter],
      folds,
      places,
    })
    await reads.read(pass, [metric], {
      reading(row) {
        const place = places.get(row.device)
        if (place !== undefined) folds.addReading(place, row)
      },
      window(row, level) {
        const place = places.get(row.device)
        if (place !== undefined) folds.addWindow(place, row, level)
      },
      pieceEnds: isEnough,
    })
  }
  folds.finish()
  return groups.map(({ key }, at) => ({
    key,
    points: [...(windows[at]?.values() ?? [])]
      .sort((a, b) => a.t - b.t)
      .slice(0, limit)
      .map((group) => pointOf(group, isCounter)),
  }))
}

function groupOf(
  { start: t, spanMs }: Pick<DeviceFold, 'start' | 'spanMs'>,
  fold: MetricFold,
  isCounter: boolean,
): GroupFold {
  const { count, min, max, sum } = fold
  const increase = isCounter ? increaseOf(fold) : 0
  return { t, spanMs, devices: 1, count, min, max, sum, total: sum / count, increase }
}

function join(group: GroupFold, fold: MetricFold, isCounter: boolean): void {
  group.devices++
  group.count += fold.count
  if (fold.min < group.min) group.min = fold.min
  if (fold.max > group.max) group.max = fold.max
  group.sum += fold.sum
  group.total += fold.sum / fold.count
  if (isCounter) group.increase += increaseOf(fold)
}

function pointOf(group: GroupFold, isCounter: boolean): GroupPoint {
  const { t, spanMs, devices, count, min, max, sum, total, increase } = group
  return {
    t,
    devices,
    count,
    min,
    max,
    mean: sum / count,
    total,
    ...(isCounter ? { increase } : {}),
    ...(spanMs === 0 ? {} : { spanMs }),
  }
}
