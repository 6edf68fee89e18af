// What a device measures at a moment: the shape of the functions in this folder, and which type has which.

import type { Millis } from '../../src/core/position.ts'
import type { NewDevice } from '../city.ts'
import type { Stress } from '../stress.ts'
import { measureFeeder } from './lighting-feeder.ts'
import { measureCover } from './manhole-cover.ts'
import { measureSite } from './site-dust-noise.ts'
import { measureLamp } from './streetlight.ts'

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

export interface Rhythm {
  /** Time between two reports that nothing has caused. */
  readonly intervalMs: (isNight: boolean) => number
  /** Reports when the street lighting goes on or off. */
  readonly followsLighting: boolean
}

export const physicsOf: Readonly<
  Record<string, { readonly measure: Physics; readonly rhythm: Rhythm }>
> = {
  streetlight: {
    measure: measureLamp,
    rhythm: { intervalMs: (isNight) => (isNight ? 15 : 60) * 60_000, followsLighting: true },
  },
  'lighting-feeder': {
    measure: measureFeeder,
    rhythm: { intervalMs: () => 5 * 60_000, followsLighting: true },
  },
  'manhole-cover': {
    measure: measureCover,
    rhythm: { intervalMs: () => 24 * 3_600_000, followsLighting: false },
  },
  'site-dust-noise': {
    measure: measureSite,
    rhythm: { intervalMs: () => 60_000, followsLighting: false },
  },
}
