// How the environmental monitors of a plant name things (HJ 212, editions of 2017 and 2005). A monitor at the outlet needs nothing
// said; one at the inlet is a device with the codec `hj212-inlet`.

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

const outlet = codes.map(([code, metric]) => [code, scaled(metric)] as const)
const inlet = codes.flatMap(([code, , metric]) =>
  metric === null ? [] : [[code, scaled(metric)] as const],
)

/** Hourly and daily reports repeat what came in real time; volumes and loads of a period are sums of it. */
const ignored = ['2061:*', '2031:*', ...codes.map(([code]) => `${code}-Cou`)]

export const monitorCodecs: readonly Codec[] = [
  { id: 'hj212', names: Object.fromEntries(outlet), ignored },
  { id: 'hj212-inlet', names: Object.fromEntries(inlet), ignored: [...ignored, 'w01010'] },
]
