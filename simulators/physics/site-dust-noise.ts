// A building site's dust and noise station: work and traffic by day, quiet by night, dust that the wind lifts.

import { noiseAt, smoothNoiseAt } from '../random.ts'
import type { Metrics, Moment } from './moment.ts'
import {
  airTemperatureCel,
  humidityPct,
  localHour,
  pressureHpa,
  windDegrees,
  windMetresPerSecond,
} from './sky.ts'

const MINUTE_MS = 60_000

export function measureSite({ seed, device, at, stress }: Moment): Metrics {
  const activity = siteActivity(localHour(at))
  const wind = windMetresPerSecond(seed, at)
  const noise =
    45 +
    15 * activity +
    2 * smoothNoiseAt(seed, device.id, 'noise', at, 20 * MINUTE_MS) +
    noiseAt(seed, device.id, 'noise-minute', at) +
    stress.noiseDb
  const pm10 =
    58 +
    30 * activity +
    4 * wind +
    12 * smoothNoiseAt(seed, device.id, 'dust', at, 45 * MINUTE_MS) +
    2 * noiseAt(seed, device.id, 'dust-minute', at) +
    stress.dustUgM3
  return {
    pm10,
    pm2_5: 18 + pm10 * 0.28,
    tsp: pm10 * 1.7,
    noise_leq: noise,
    noise_max: noise + 6 + 2 * Math.abs(noiseAt(seed, device.id, 'noise-max', at)),
    wind_speed: wind,
    wind_dir: windDegrees(seed, at),
    temp: airTemperatureCel(seed, at),
    humidity: humidityPct(seed, at),
    pressure: pressureHpa(seed, at),
    spray_on: activity > 0.5,
  }
}

/** 0 at night, 1 in full work, with a dip at noon; the site stops well before 22:00, when the night limit begins. */
function siteActivity(hour: number): number {
  const morning = rise(hour, 6.5, 8) * (1 - rise(hour, 11.5, 12))
  const afternoon = rise(hour, 13.5, 14.2) * (1 - rise(hour, 18, 20.5))
  return Math.max(morning, afternoon, 0.35 * rise(hour, 11, 12) * (1 - rise(hour, 14, 15)))
}

function rise(hour: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (hour - from) / (to - from)))
}
