// An operand compiled: how to read it from a sample, what it is measured in, and what it must remember for that.

import type { DeviceState, Slot } from '../../device-state.ts'
import type { Metric } from '../../device-type.ts'
import type { LocalTime } from '../../time/local-time.ts'
import type { MemoryPlan } from '../memory.ts'
import type { Millis } from '../../position.ts'
import type { Leaf, Sample } from '../detector.ts'

export interface Measure {
  /** NaN when this sample does not say. Called once for each sample, so that memories see every one of them. */
  readonly read: (sample: Sample, state: DeviceState, slot: Slot) => number
  /** Indexes of the metrics that it is made of. */
  readonly indexes: readonly number[]
  /** The device has what it takes; asked only when a sample does not say. */
  readonly isFitted: (state: DeviceState) => boolean
  /** False when the registry lacks what it takes: the rule is not for this device. */
  readonly applies: (state: DeviceState) => boolean
  readonly shown: Shown
  readonly memory: MemoryPlan | null
}

/** What people read of a value. */
export type Shown = Pick<Leaf, 'metric' | 'operand' | 'unit' | 'unitLabel' | 'precision'>

export interface OperandContext {
  readonly metrics: readonly Metric[]
  /** Throws RangeError when the type has no such metric. */
  readonly indexFor: (id: string) => number
  readonly localTime: LocalTime
  /** A longer hole between two samples breaks what needs to be unbroken. */
  readonly gapMs: (state: DeviceState) => Millis
  /** Where the operand's memory lies in a slot. */
  readonly memoryIndex: number
}

export const always = (): boolean => true

/** The device has reported one of them at some time. */
export function anySaid(indexes: readonly number[]): (state: DeviceState) => boolean {
  return ({ latestValues }) => {
    for (const index of indexes) if (!Number.isNaN(latestValues[index])) return true
    return false
  }
}

export function allSaid(indexes: readonly number[]): (state: DeviceState) => boolean {
  return ({ latestValues }) => {
    for (const index of indexes) if (Number.isNaN(latestValues[index])) return false
    return true
  }
}

/** The value in the sample, or the one that still holds. */
export function valueOf(sample: Sample, state: DeviceState, index: number, holds: boolean): number {
  const value = sample.values[index] ?? Number.NaN
  return holds && Number.isNaN(value) ? (state.latestValues[index] ?? Number.NaN) : value
}

/** In the metric's own unit. */
export function shownAs(metric: Metric | undefined, operand: string | null): Shown {
  const unit = metric?.unit ?? '1'
  return {
    metric: metric?.id ?? null,
    operand,
    unit,
    unitLabel: metric?.unitLabel ?? (unit === '1' ? '' : unit),
    precision: metric?.precision ?? 0,
  }
}

const NOISE = 1e6

/** A difference of decimal fractions without the crumbs of binary arithmetic: 0.35 - 0.4 is -0.05, and not less. */
export function withoutNoise(value: number): number {
  return Math.round(value * NOISE) / NOISE
}
