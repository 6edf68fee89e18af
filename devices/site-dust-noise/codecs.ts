// How dust and noise monitors name their values in HJ 212 frames. The code tables say ng/m3 for dust; what devices in the field send
// is mg/m3.

import { monitorChoices, monitorCodec, temperatureCodecs } from '../codecs.ts'
import type { Codec } from '../../src/core/device-type.ts'

const monitor = {
  names: {
    a34001: { metric: 'tsp', factor: 1000 },
    a34002: { metric: 'pm10', factor: 1000 },
    a34004: { metric: 'pm2_5', factor: 1000 },
    LA: 'noise_leq',
    Leq: 'noise_leq',
    LMx: 'noise_max',
    a01001: 'temp',
    a01002: 'humidity',
    // kPa.
    a01006: { metric: 'pressure', factor: 10 },
    a01007: 'wind_speed',
    a01008: 'wind_dir',
  },
  // Statistical levels are not judged.
  ignored: ['a34005', 'L5', 'L10', 'L50', 'L90', 'L95', 'LMn', 'Ld', 'Ln', 'Ldn'],
}

export const siteDustNoiseCodecs: readonly Codec[] = [
  monitorCodec(monitor),
  ...monitorChoices(monitor),
  ...temperatureCodecs('temp'),
]
