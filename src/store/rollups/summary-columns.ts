// Summaries of many devices in columns: one set of typed arrays for each metric that has come at all, one place (slot) for each
// device. A hundred thousand devices cost a few megabytes instead of half a million objects.

import { counterStep } from '../../core/telemetry/counter.ts'
import type { Summary } from '../../core/telemetry/summary.ts'

/** What the type's metrics are, in the order of a reading's values. */
export interface MetricKinds {
  /** True for counters. */
  readonly isCounter: readonly boolean[]
}

/** Asked before arrays grow by so many numbers, negative when they are given back. False: there is no room. */
export type TakeRoom = (numbers: number) => boolean

export interface SummaryColumns {
  /** Takes the values of one reading, later than all before it in this slot. False: no room, and nothing here is whole any more. */
  add(slot: number, values: readonly number[]): boolean
  /** Takes summaries of a later stretch. False as for `add`. */
  join(slot: number, summaries: readonly (Summary | null)[]): boolean
  /** What the slot holds, one for each metric; null when it holds nothing. */
  summaries(slot: number): (Summary | null)[] | null
  clear(slot: number): void
  /** Gives all arrays back. */
  release(): void
}

interface Column {
  /** NaN: the slot has no value. */
  last: Float64Array
  /** Null while no slot has more than one value: then `last` says it all. */
  more: Stretches | null
}

interface Stretches {
  count: Float64Array
  min: Float64Array
  max: Float64Array
  sum: Float64Array
  /** Counters only. */
  first: Float64Array | null
  gained: Float64Array | null
}

const CAPACITY_MIN = 16

export function createSummaryColumns(
  { isCounter }: MetricKinds,
  takeRoom: TakeRoom = () => true,
  capacityHint = CAPACITY_MIN,
): SummaryColumns {
  let capacity = Math.max(CAPACITY_MIN, capacityHint)
  let columns: (Column | null)[] = isCounter.map(() => null)
  let taken = 0

  function take(numbers: number): boolean {
    if (!takeRoom(numbers)) return false
    taken += numbers
    return true
  }

  function grow(slot: number): boolean {
    if (slot < capacity) return true
    const next = Math.max(slot + 1, capacity * 2)
    let arrays = 0
    for (const [metric, column] of columns.entries())
      if (column !== null) arrays += 1 + (column.more === null ? 0 : arraysOf(metric))
    if (!take((next - capacity) * arrays)) return false
    for (const column of columns) {
      if (column === null) continue
      column.last = longer(column.last, next, Number.NaN)
      const { more } = column
      if (more === null) continue
      more.count = longer(more.count, next, 0)
      more.min = longer(more.min, next, 0)
      more.max = longer(more.max, next, 0)
      more.sum = longer(more.sum, next, 0)
      more.first = more.first && longer(more.first, next, 0)
      more.gained = more.gained && longer(more.gained, next, 0)
    }
    capacity = next
    return true
  }

  function arraysOf(metric: number): number {
    return isCounter[metric] === true ? 6 : 4
  }

  function begin(metric: number): Column | null {
    if (!take(capacity)) return null
    const column = { last: new Float64Array(capacity).fill(Number.NaN), more: null }
    columns[metric] = column
    return column
  }

  /** From single values to stretches: what stands in `last` becomes the first value of each. */
  function widen(column: Column, metric: number): Stretches | null {
    if (!take(capacity * arraysOf(metric))) return null
    const { last } = column
    const count = new Float64Array(capacity)
    for (let slot = 0; slot < capacity; slot++) count[slot] = Number.isNaN(last[slot]) ? 0 : 1
    const counts = isCounter[metric] === true
    column.more = {
      count,
      min: last.slice(),
      max: last.slice(),
      sum: last.slice(),
      first: counts ? last.slice() : null,
      gained: counts ? new Float64Array(capacity) : null,
    }
    return column.more
  }

  function put(more: Stretches, slot: number, one: Summary): void {
    more.count[slot] = one.count
    more.min[slot] = one.min
    more.max[slot] = one.max
    more.sum[slot] = one.sum
    if (more.first !== null) more.first[slot] = one.first
    if (more.gained !== null) more.gained[slot] = one.gained
  }

  function addValue(metric: number, slot: number, value: number): boolean {
    const column = columns[metric] ?? begin(metric)
    if (column === null) return false
    const before = column.last[slot] ?? Number.NaN
    column.last[slot] = value
    let { more } = column
    if (Number.isNaN(before)) {
      if (more === null) return true
      more.count[slot] = 1
      more.min[slot] = value
      more.max[slot] = value
      more.sum[slot] = value
      if (more.first !== null) more.first[slot] = value
      if (more.gained !== null) more.gained[slot] = 0
      return true
    }
    if (more === null) {
      column.last[slot] = before
      more = widen(column, metric)
      if (more === null) return false
      column.last[slot] = value
    }
    more.count[slot] = (more.count[slot] ?? 0) + 1
    if (value < (more.min[slot] ?? value)) more.min[slot] = value
    if (value > (more.max[slot] ?? value)) more.max[slot] = value
    more.sum[slot] = (more.sum[slot] ?? 0) + value
    if (more.gained !== null)
      more.gained[slot] = (more.gained[slot] ?? 0) + counterStep(before, value)
    return true
  }

  function joinOne(metric: number, slot: number, one: Summary): boolean {
    if (one.count === 1) return addValue(metric, slot, one.last)
    const column = columns[metric] ?? begin(metric)
    if (column === null) return false
    const more = column.more ?? widen(column, metric)
    if (more === null) return false
    const before = column.last[slot] ?? Number.NaN
    column.last[slot] = one.last
    if (Number.isNaN(before)) {
      put(more, slot, one)
      return true
    }
    more.count[slot] = (more.count[slot] ?? 0) + one.count
    more.min[slot] = Math.min(more.min[slot] ?? one.min, one.min)
    more.max[slot] = Math.max(more.max[slot] ?? one.max, one.max)
    more.sum[slot] = (more.sum[slot] ?? 0) + one.sum
    if (more.gained !== null)
      more.gained[slot] = (more.gained[slot] ?? 0) + counterStep(before, one.first) + one.gained
    return true
  }

  function summaryIn(column: Column, metric: number, slot: number): Summary | null {
    const last = column.last[slot] ?? Number.NaN
    if (Number.isNaN(last)) return null
    const { more } = column
    if (more === null) {
      const first = isCounter[metric] === true ? last : Number.NaN
      return { count: 1, min: last, max: last, sum: last, first, last, gained: 0 }
    }
    return {
      count: more.count[slot] ?? 0,
      min: more.min[slot] ?? 0,
      max: more.max[slot] ?? 0,
      sum: more.sum[slot] ?? 0,
      first: more.first?.[slot] ?? Number.NaN,
      last,
      gained: more.gained?.[slot] ?? 0,
    }
  }

  return {
    add(slot, values) {
      if (slot >= capacity && !grow(slot)) return false
      // Counting is several times cheaper here than an iterator, and this is done for every reading.
      for (let metric = 0; metric < values.length; metric++) {
        const value = values[metric] ?? Number.NaN
        // Minus zero is zero, as in the stores.
        if (!Number.isNaN(value) && !addValue(metric, slot, value + 0)) return false
      }
      return true
    },
    join(slot, summaries) {
      if (slot >= capacity && !grow(slot)) return false
      for (const [metric, one] of summaries.entries())
        if (one !== null && !joinOne(metric, slot, one)) return false
      return true
    },
    summaries(slot) {
      let has = false
      const all = columns.map((column, metric) => {
        const one = column === null ? null : summaryIn(column, metric, slot)
        has ||= one !== null
        return one
      })
      return has ? all : null
    },
    clear(slot) {
      for (const column of columns) if (column !== null) column.last[slot] = Number.NaN
    },
    release() {
      takeRoom(-taken)
      taken = 0
      columns = isCounter.map(() => null)
    },
  }
}

function longer(array: Float64Array, length: number, filling: number): Float64Array {
  const next = new Float64Array(length)
  next.set(array)
  if (filling !== 0) next.fill(filling, array.length)
  return next
}
