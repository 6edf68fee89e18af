// What every detector offers the engine. A detector is a rule compiled for its device type; all it remembers is in the slot it is
// handed, so one detector serves every device of the type.

import type { DeviceState, Slot } from '../device-state.ts'
import type { Metric } from '../device-type.ts'
import type { LocalTime } from '../time/local-time.ts'
import type { Millis } from '../position.ts'
import type { Rule, Standard } from '../rule.ts'

/** What a rule is compiled with. */
export interface RuleContext {
  readonly rule: Rule
  readonly metrics: readonly Metric[]
  readonly indexOf: ReadonlyMap<string, number>
  readonly localTime: LocalTime
}

/** What a look at a slot came to. A raise has filled in `since`, `at`, `value`, `limit` and `leaf` of the slot; a return `at`. */
export type Change = 'none' | 'raise' | 'return'

/** One fresh reading in order, as detectors see it. The engine hands in the same object again and again. */
export interface Sample {
  values: readonly number[]
  /** Event time, never later than the receive time and never going back for a device. */
  at: Millis
  /** The engine's time. */
  now: Millis
}

/** What was compared, for the alert's `because`, `metric` and `unit`. */
export interface Leaf {
  readonly code: 'above' | 'below' | 'is' | 'silent' | 'impossible'
  readonly metric: string | null
  /** What was made of the metric (`change`, `distance`); null when it is the value itself. */
  readonly operand: string | null
  /** UCUM code, and what people read. */
  readonly unit: string | null
  readonly unitLabel: string
  readonly precision: number
  /** Where the limit comes from. */
  readonly standard: Standard
}

export interface Detector {
  readonly leaves: readonly Leaf[]
  /** Device-dependent figures: called when the device appears or changes, and after a restart. */
  prepare(slot: Slot, state: DeviceState): void
  /** The device appears in the registry. */
  begin(slot: Slot, state: DeviceState): void
  /** The device's entry has changed; called after `prepare`. */
  readonly changed?: (slot: Slot, state: DeviceState, now: Millis) => Change
  /** Any fresh reading, in order or not. */
  readonly heard?: (slot: Slot, state: DeviceState, receivedAt: Millis) => Change
  /** A fresh reading in order. */
  readonly sample?: (slot: Slot, state: DeviceState, sample: Sample) => Change
  /** A live message told how far the device's clock is behind ours. */
  readonly clock?: (slot: Slot, skewMs: Millis, now: Millis) => Change
  /** A live reading held values that cannot be, or none such. `told` is its event time as the device said it. */
  readonly range?: (slot: Slot, isImpossible: boolean, told: Millis, now: Millis) => Change
  /** The slot's `due` has come. Must move or clear `due`. */
  elapsed(slot: Slot, state: DeviceState, at: Millis): Change
}
