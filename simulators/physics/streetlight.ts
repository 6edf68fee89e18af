// A street light with its single-lamp controller: lit by the lighting plan, fed by its cabinet.

import { noiseAt, smoothNoiseAt } from '../random.ts'
import { isLightingOn } from './lighting-plan.ts'
import type { Metrics, Moment } from './moment.ts'

const DARK_WATTS = 1.2
const HOUR_MS = 3_600_000

export function measureLamp(moment: Moment): Metrics {
  const { seed, device, at, stress } = moment
  const isCommandedOn = isLightingOn(device, at)
  const voltage = stress.isCut
    ? 0
    : 226 + 4 * smoothNoiseAt(seed, device.id, 'voltage', at, HOUR_MS)
  const power = lampWatts(moment)
  const powerFactor =
    power > DARK_WATTS * 2 ? 0.95 + 0.01 * noiseAt(seed, device.id, 'power-factor', at) : 0.4
  return {
    lamp_on: isCommandedOn,
    voltage,
    current: voltage > 0 ? power / (voltage * powerFactor) : 0,
    power,
    power_factor: powerFactor,
    dim_level: isCommandedOn ? 100 : 0,
    leakage_current: 2.5 + noiseAt(seed, device.id, 'leakage', at) + stress.leakageMa,
    tilt_angle: 0.6 + 0.2 * noiseAt(seed, device.id, 'tilt', at),
  }
}

/** What the lamp draws; its cabinet adds these up. */
export function lampWatts({ seed, device, at, stress }: Moment): number {
  if (stress.isCut) return 0
  if (stress.isLampBroken || !isLightingOn(device, at)) return DARK_WATTS
  const rated = device.rated['power'] ?? 150
  return rated * (0.98 + 0.015 * noiseAt(seed, device.id, 'power', at))
}
