// Which type has which physics and which rhythm of reports.

import { measureFeeder } from './lighting-feeder.ts'
import { measureCover } from './manhole-cover.ts'
import type { Physics } from './moment.ts'
import { measureSite } from './site-dust-noise.ts'
import { measureLamp } from './streetlight.ts'

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
