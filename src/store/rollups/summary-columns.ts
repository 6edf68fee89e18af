// Summaries of many devices in columns: one set of typed arrays for each metric that has come at all, one place (slot) for each
// device. A hundred thousand devices cost a few megabytes instead of half a million objects.

import { counterStep } from '../../core/telemetry/counter.ts'
import { summaryOf, type Summary } from '../../core/telemetry/summary.ts'

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
  /**
   * Null while no slot has more than one value: then `last` says it all. Else some numbers for each slot, beside each other because
   * they are needed together.
   */
  more: Float64Array | null
}

const COUNT = 0
const MIN = 1
const MAX = 2
const SUM = 3
/** Counters only, as are those that follow. */
const FIRST = 4
const GAINED = 5

const CAPACITY_MIN = 16

export function createSummaryColumns(
  { isCounter }: MetricKinds,
  takeRoom: TakeRoom = () => true,
  capacityHint = CAPACITY_MIN,
): SummaryColumns {
  const strides = isCounter.map((counts) => (counts ? 6 : 4))
  let capacity = Math.max(CAPACITY_MIN, capacityHint)
  let columns: (Column | null)[] = isCounter.map(() => null)
  let taken = 0

  function take(numbers: number): boolean {
    if (!takeRoom(numbers)) return false
    taken += numbers
    return true
  }

  function grow(slot: number): boolean {
    const next = Math.max(slot + 1, capacity * 2)
    let before = 0
    for (const column of columns)
      if (column !== null) before += column.last.length + (column.more?.length ?? 0)
    if (!take((before / capacity) * (next - capacity))) return false
    for (const [metric, column] of columns.entries()) {
      if (column === null) continue
      const { last, more } = column
      column.last = longer(last, next).fill(Number.NaN, last.length)
      if (more !== null) column.more = longer(more, next * strideOf(metric))
    }
    capacity = next
    return true
  }

  function strideOf(metric: number): number {
    return strides[metric] ?? 4
  }

  function begin(metric: number): Column | null {
    if (!take(capacity)) return null
    const column = { last: new Float64Array(capacity).fill(Number.NaN), more: null }
    columns[metric] = column
    return column
  }

  /** From single values to stretches: what stands in `last` becomes the first value of each. */
  function widen(column: Column, metric: number): Float64Array | null {
    const stride = strideOf(metric)
    if (!take(capacity * stride)) return null
    const more = new Float64Array(capacity * stride)
    for (const [slot, value] of column.last.entries())
      if (!Number.isNaN(value)) putValue(more, slot * stride, value, stride)
    column.more = more
    return more
  }

  function putValue(more: Float64Array, at: number, value: number, stride: number): void {
    more[at + COUNT] = 1
    more[at + MIN] = value
    more[at + MAX] = value
    more[at + SUM] = value
    if (stride <= FIRST) return
    more[at + FIRST] = value
    more[at + GAINED] = 0
  }

  function addValue(metric: number, slot: number, value: number): boolean {
    const column = columns[metric] ?? begin(metric)
    if (column === null) return false
    const before = column.last[slot] ?? Number.NaN
    const stride = strideOf(metric)
    const at = slot * stride
    if (Number.isNaN(before)) {
      column.last[slot] = value
      if (column.more !== null) putValue(column.more, at, value, stride)
      return true
    }
    const more = column.more ?? widen(column, metric)
    if (more === null) return false
    column.last[slot] = value
    more[at + COUNT] = (more[at + COUNT] ?? 0) + 1
    if (value < (more[at + MIN] ?? value)) more[at + MIN] = value
    if (value > (more[at + MAX] ?? value)) more[at + MAX] = value
    more[at + SUM] = (more[at + SUM] ?? 0) + value
    if (stride > FIRST) more[at + GAINED] = (more[at + GAINED] ?? 0) + counterStep(before, value)
    return true
  }

  function joinOne(metric: number, slot: number, one: Summary): boolean {
    if (one.count === 1) return addValue(metric, slot, one.last)
    const column = columns[metric] ?? begin(metric)
    const more = column && (column.more ?? widen(column, metric))
    if (column === null || more === null) return false
    const before = column.last[slot] ?? Number.NaN
    const isFirst = Number.isNaN(before)
    const stride = strideOf(metric)
    const at = slot * stride
    column.last[slot] = one.last
    more[at + COUNT] = one.count + (isFirst ? 0 : (more[at + COUNT] ?? 0))
    more[at + MIN] = isFirst ? one.min : Math.min(more[at + MIN] ?? one.min, one.min)
    more[at + MAX] = isFirst ? one.max : Math.max(more[at + MAX] ?? one.max, one.max)
    more[at + SUM] = isFirst ? one.sum : (more[at + SUM] ?? 0) + one.sum
    if (stride <= FIRST) return true
    if (isFirst) more[at + FIRST] = one.first
    more[at + GAINED] = isFirst
      ? one.gained
      : (more[at + GAINED] ?? 0) + counterStep(before, one.first) + one.gained
    return true
  }

  function summaryIn({ last, more }: Column, metric: number, slot: number): Summary | null {
    const value = last[slot] ?? Number.NaN
    if (Number.isNaN(value)) return null
    const stride = strideOf(metric)
    const counts = stride > FIRST
    if (more === null) return { ...summaryOf(value), first: counts ? value : Number.NaN }
    const at = slot * stride
    return {
      count: more[at + COUNT] ?? 0,
      min: more[at + MIN] ?? 0,
      max: more[at + MAX] ?? 0,
      sum: more[at + SUM] ?? 0,
      first: counts ? (more[at + FIRST] ?? 0) : Number.NaN,
      last: value,
      gained: counts ? (more[at + GAINED] ?? 0) : 0,
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

function longer(array: Float64Array, length: number): Float64Array {
  const next = new Float64Array(length)
  next.set(array)
  return next
}
