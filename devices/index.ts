// The catalogue of device types. A new type is a folder and a line here.

import type { DeviceType } from '../src/core/device-type.ts'
import { lightingFeeder } from './lighting-feeder/type.ts'
import { manholeCover } from './manhole-cover/type.ts'
import { siteDustNoise } from './site-dust-noise/type.ts'
import { streetlight } from './streetlight/type.ts'

export const deviceTypes: readonly DeviceType[] = [
  streetlight,
  lightingFeeder,
  manholeCover,
  siteDustNoise,
]
