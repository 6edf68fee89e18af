// How environmental stations (HJ 212) and rain stations (SL 651) name what a weather station measures.

import { monitorChoices, monitorCodec, temperatureCodecs } from '../codecs.ts'
import type { Codec } from '../../src/core/device-type.ts'

const monitor = {
  names: {
    // Dust comes in mg/m3, air pressure in kPa.
    a34002: { metric: 'pm10', factor: 1000 },
    a34004: { metric: 'pm2_5', factor: 1000 },
    a01001: 'temp',
    a01002: 'humidity',
    a01006: { metric: 'pressure', factor: 10 },
    a01007: 'wind',
    a01008: 'wind_dir',
  },
  // The gases of an air station are no weather.
  ignored: ['a34001', 'a34005', 'a05*', 'a21*'],
}

export const weatherStationCodecs: readonly Codec[] = [
  monitorCodec(monitor),
  ...monitorChoices(monitor),
  {
    id: 'sl651',
    // f4 is the hour's rain by five minutes.
    names: { '20': 'rain', f4: 'rain', '26': 'rain_total', '38': 'battery_v' },
    // The water level of a station that has both.
    ignored: ['39', 'f*'],
  },
  ...temperatureCodecs('temp'),
]
