// Operands of one sample: a value, a sum, a difference, the share of the weakest, the distance from where the device should be.

import type { DeviceState } from '../../device-state.ts'
import { allSaid, always, anySaid, shownAs, valueOf, withoutNoise } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

const EARTH_RADIUS_M = 6_371_008.8
const RAD = Math.PI / 180
/**
 * Below this share of the metric's range the others are as good as off: idle currents differ by any factor, and none of them says
 * that a phase is lost. With ammeters up to 200 A that is 2 A.
 */
const MEANINGFUL_SHARE = 0.01

export function createPlain(id: string, context: OperandContext): Measure {
  const { metrics } = context
  const index = context.indexFor(id)
  const metric = metrics[index]
  const holds = metric?.onChange === true
  return {
    read: (sample, state) => valueOf(sample, state, index, holds),
    indexes: [index],
    isFitted: ({ latestValues }) => !Number.isNaN(latestValues[index]),
    applies: always,
    shown: shownAs(metric, null),
    memory: null,
  }
}

/** Parts that the device has never reported are not fitted and count for nothing. */
export function createSum(ids: readonly string[], context: OperandContext): Measure {
  const { metrics } = context
  const indexes = ids.map(context.indexFor)
  const hold = indexes.map((index) => metrics[index]?.onChange === true)
  return {
    read(sample, state) {
      let sum = Number.NaN
      for (let i = 0; i < indexes.length; i++) {
        const index = indexes[i] ?? 0
        const value = valueOf(sample, state, index, hold[i] === true)
        if (!Number.isNaN(value)) sum = Number.isNaN(sum) ? value : sum + value
        else if (!Number.isNaN(state.latestValues[index])) return Number.NaN
      }
      return sum
    },
    indexes,
    isFitted: anySaid(indexes),
    applies: always,
    shown: shownAs(metrics[indexes[0] ?? 0], 'sum'),
    memory: null,
  }
}

export function createDifference(
  [one, other]: readonly [string, string],
  context: OperandContext,
): Measure {
  const minuend = createPlain(one, context)
  const subtrahend = createPlain(other, context)
  const indexes = [...minuend.indexes, ...subtrahend.indexes]
  return {
    read: (sample, state, slot) =>
      withoutNoise(minuend.read(sample, state, slot) - subtrahend.read(sample, state, slot)),
    indexes,
    isFitted: allSaid(indexes),
    applies: always,
    shown: { ...minuend.shown, operand: 'difference' },
    memory: null,
  }
}

/** Of those that are fitted; it takes two. */
export function createLowestShare(ids: readonly string[], context: OperandContext): Measure {
  const { metrics } = context
  const indexes = ids.map(context.indexFor)
  const hold = indexes.map((index) => metrics[index]?.onChange === true)
  const floor = MEANINGFUL_SHARE * Math.max(...indexes.map((index) => metrics[index]?.max ?? 0))
  const fittedOf = ({ latestValues }: DeviceState): number => {
    let count = 0
    for (const index of indexes) if (!Number.isNaN(latestValues[index])) count++
    return count
  }
  return {
    read(sample, state) {
      let lowest = Number.POSITIVE_INFINITY
      let sum = 0
      let count = 0
      for (let i = 0; i < indexes.length; i++) {
        const index = indexes[i] ?? 0
        const value = valueOf(sample, state, index, hold[i] === true)
        if (Number.isNaN(value)) {
          if (!Number.isNaN(state.latestValues[index])) return Number.NaN
          continue
        }
        if (value < lowest) lowest = value
        sum += value
        count++
      }
      const meanOfOthers = (sum - lowest) / (count - 1)
      return count < 2 || meanOfOthers < floor ? Number.NaN : withoutNoise(lowest / meanOfOthers)
    },
    indexes,
    isFitted: (state) => fittedOf(state) >= 2,
    applies: always,
    shown: {
      metric: ids[0] ?? null,
      operand: 'lowestShare',
      unit: '1',
      unitLabel: '',
      precision: 2,
    },
    memory: null,
  }
}

/** Metres over ground. */
export function createDistance(
  { lat, lon, to }: { readonly lat: string; readonly lon: string; readonly to: string },
  context: OperandContext,
): Measure {
  const atLat = createPlain(lat, context)
  const atLon = createPlain(lon, context)
  const indexes = [...atLat.indexes, ...atLon.indexes]
  const [latName, lonName] = [`${to}_lat`, `${to}_lon`]
  const applies = ({ device }: DeviceState): boolean =>
    device.rated[latName] !== undefined && device.rated[lonName] !== undefined
  const said = allSaid(indexes)
  return {
    read(sample, state, slot) {
      const { rated } = state.device
      return metresBetween(
        atLat.read(sample, state, slot),
        atLon.read(sample, state, slot),
        rated[latName] ?? Number.NaN,
        rated[lonName] ?? Number.NaN,
      )
    },
    indexes,
    isFitted: (state) => applies(state) && said(state),
    applies,
    shown: { metric: lat, operand: 'distance', unit: 'm', unitLabel: 'm', precision: 0 },
    memory: null,
  }
}

/** By the haversine formula, good for short ways too. */
function metresBetween(latA: number, lonA: number, latB: number, lonB: number): number {
  const halfLat = Math.sin(((latB - latA) * RAD) / 2)
  const halfLon = Math.sin(((lonB - lonA) * RAD) / 2)
  const h = halfLat * halfLat + Math.cos(latA * RAD) * Math.cos(latB * RAD) * halfLon * halfLon
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)))
}
