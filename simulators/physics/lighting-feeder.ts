// A lighting feeder cabinet: three phases that carry what the lamps on them draw.

import { noiseAt, smoothNoiseAt } from '../random.ts'
import { isLightingOn } from './lighting-plan.ts'
import type { Metrics, Moment } from './moment.ts'
import { airTemperatureCel } from './sky.ts'
import { lampWatts } from './streetlight.ts'

const HOUR_MS = 3_600_000
const POWER_FACTOR = 0.95
const CABINET_WATTS = 25

export function measureFeeder(moment: Moment): Metrics {
  const { seed, device, at, stress, children } = moment
  const watts = [0, 0, 0]
  if (!stress.isCut)
    for (const [order, lamp] of children.entries())
      watts[order % 3] = (watts[order % 3] ?? 0) + lampWatts(lamp)
  const volts = ['a', 'b', 'c'].map(
    (phase) => 227 + 4 * smoothNoiseAt(seed, device.id, `voltage-${phase}`, at, HOUR_MS),
  )
  const amperes = volts.map((value, phase) => (watts[phase] ?? 0) / (value * POWER_FACTOR))
  const totalWatts = watts.reduce((sum, value) => sum + value, CABINET_WATTS)
  return {
    voltage_a: volts[0] ?? 0,
    voltage_b: volts[1] ?? 0,
    voltage_c: volts[2] ?? 0,
    current_a: amperes[0] ?? 0,
    current_b: amperes[1] ?? 0,
    current_c: amperes[2] ?? 0,
    active_power: totalWatts / 1000,
    contactor_on: isLightingOn(device, at),
    door_open: stress.isDoorOpen,
    water_immersion: stress.isFlooded,
    leakage_current: 6 + 2 * noiseAt(seed, device.id, 'leakage', at) + stress.leakageMa,
    temp: airTemperatureCel(seed, at) + 4 + noiseAt(seed, device.id, 'temperature', at),
  }
}
