// How room sensors on the market name and pack their values: a LoRaWAN sensor by its bytes, the others by name.

import { temperatureCodecs } from '../codecs.ts'
import type { Codec } from '../../src/core/device-type.ts'

export const indoorTemperatureCodecs: readonly Codec[] = [
  {
    id: 'milesight-em300',
    names: { temperature: 'room_temp', humidity: 'humidity', battery: 'battery_pct' },
    ignored: ['gpio'],
    bytes: {
      kind: 'channels',
      channels: {
        '0175': { name: 'battery', bytes: 1 },
        '0367': { name: 'temperature', bytes: 2, signed: true, factor: 0.1 },
        '0468': { name: 'humidity', bytes: 1, factor: 0.5 },
        '0500': { name: 'gpio', bytes: 1 },
      },
    },
  },
  // Barometers come along with some sensors.
  ...temperatureCodecs('room_temp', ['pressure']),
  ...(['senml', 'thing-model'] as const).map((id) => ({
    id,
    names: { temperature: 'room_temp', battery: 'battery_pct' },
    ignored: ['gpio'],
  })),
]
