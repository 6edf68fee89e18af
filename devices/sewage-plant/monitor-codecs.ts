// How the environmental monitors of a plant name things (HJ 212, editions of 2017 and 2005). A monitor at the outlet needs nothing
// said; one at the inlet is a device with the codec `hj212-inlet`.

import { monitorChoices, monitorCodec } from '../codecs.ts'
import type { Codec, Scaled } from '../../src/core/device-type.ts'

/** Code of the standard -> our name at the outlet, and at the inlet where there is one. */
const codes = [
  ['w00000', 'flow', 'in_flow'],
  ['w01001', 'ph', 'in_ph'],
  ['w01010', 'water_temp', null],
  ['w01012', 'ss', 'in_ss'],
  ['w01018', 'cod', 'in_cod'],
  ['w21001', 'tn', 'in_tn'],
  ['w21003', 'nh3n', 'in_nh3n'],
  ['w21011', 'tp', 'in_tp'],
  // Of 2005.
  ['B01', 'flow', 'in_flow'],
  ['001', 'ph', 'in_ph'],
  ['011', 'cod', 'in_cod'],
] as const

/** From litres per second. */
function scaled(metric: string): string | Scaled {
  return metric.endsWith('flow') ? { metric, factor: 3.6 } : metric
}

/** Periods tell the water's volume; loads of a period are sums of what came in time. */
const loads = codes.filter(([, metric]) => metric !== 'flow').map(([code]) => `${code}-Cou`)

const outlet = {
  names: Object.fromEntries(codes.map(([code, metric]) => [code, scaled(metric)] as const)),
  sums: { w00000: 'volume', B01: 'volume' },
  ignored: loads,
}
const inlet = {
  names: Object.fromEntries(
    codes.flatMap(([code, , metric]) => (metric === null ? [] : [[code, scaled(metric)] as const])),
  ),
  ignored: ['w01010', 'w00000-Cou', 'B01-Cou', ...loads],
}

export const monitorCodecs: readonly Codec[] = [
  monitorCodec(outlet),
  monitorCodec(inlet, 'hj212-inlet'),
  ...monitorChoices(outlet),
]
