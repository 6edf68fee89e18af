// What a device measures at a moment: the shape of the functions in this folder.

import type { Millis } from '../../src/core/position.ts'
import type { NewDevice } from '../city.ts'
import type { Stress } from '../stress.ts'

export type Metrics = Readonly<Record<string, number | boolean>>

export interface Moment {
  readonly seed: string
  readonly device: NewDevice
  readonly at: Millis
  readonly stress: Stress
  /** The devices that hang on this one, at the same moment. */
  readonly children: readonly Moment[]
}

/** Pure: the same moment gives the same metrics, however often it is asked. */
export type Physics = (moment: Moment) => Metrics
