// A24, weather and background air station: the city's reference for dust, rain and cold. Its own values are never alarms of one
// station: a sandstorm is what two of them see.

import { commonRules, stuck } from '../common-rules.ts'
import { quantity } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import { weatherStationCodecs } from './codecs.ts'

export const weatherStation: DeviceType = {
  id: 'weather-station',
  name: { zh: '气象、环境背景站', en: 'Weather and background station' },
  component: '0309',
  department: '气象局',
  reportSeconds: 300,
  metrics: [
    quantity('rain', { zh: '时段降雨量', en: 'Rain of the interval' }, 'mm', {
      min: 0,
      max: 300,
      precision: 1,
    }),
    quantity('rain_total', { zh: '累计降雨量', en: 'Rain, total' }, 'mm', {
      kind: 'counter',
      min: 0,
      max: 1_000_000,
      precision: 1,
    }),
    quantity('wind', { zh: '风速', en: 'Wind speed' }, 'm/s', { min: 0, max: 60, precision: 1 }),
    quantity('wind_dir', { zh: '风向', en: 'Wind direction' }, 'deg', {
      unitLabel: '°',
      min: 0,
      max: 360,
      precision: 0,
    }),
    quantity('temp', { zh: '气温', en: 'Air temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -50,
      max: 60,
      precision: 1,
    }),
    quantity('humidity', { zh: '相对湿度', en: 'Relative humidity' }, '%', {
      min: 0,
      max: 100,
      precision: 0,
    }),
    quantity('pressure', { zh: '气压', en: 'Air pressure' }, 'hPa', {
      min: 500,
      max: 1100,
      precision: 1,
    }),
    quantity('pm10', { zh: 'PM10', en: 'PM10' }, 'ug/m3', {
      unitLabel: 'µg/m³',
      min: 0,
      max: 10_000,
      precision: 0,
    }),
    quantity('pm2_5', { zh: 'PM2.5', en: 'PM2.5' }, 'ug/m3', {
      unitLabel: 'µg/m³',
      min: 0,
      max: 5000,
      precision: 0,
    }),
  ],
  rules: [stuck('temp'), ...commonRules],
  codecs: weatherStationCodecs,
}
