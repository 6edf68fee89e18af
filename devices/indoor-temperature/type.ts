// A13, room temperature in a dwelling. Personal data: it tells whether people are at home. Register the device under building and
// unit, never under a name or a room number, and give no position more exact than the building's.
//
// Rated values a room may carry:
// - `room_temp_min`  °C, what the heat supplier owes (18)
// - `room_temp_max`  °C, above which heat is wasted (24)

import { commonRules, proposal, stuck, unverified } from '../common-rules.ts'
import { heatingSeason } from '../heat-exchange-station/heating-season.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import { indoorTemperatureCodecs } from './codecs.ts'

const supplyRules = unverified('GB 50736 and provincial heating rules, 18 °C')

export const indoorTemperature: DeviceType = {
  id: 'indoor-temperature',
  name: { zh: '室温采集', en: 'Indoor temperature' },
  // Local extension: a private dwelling is no public facility.
  component: '2182',
  department: '供热公司',
  reportSeconds: 3600,
  metrics: [
    quantity('room_temp', { zh: '室内温度', en: 'Room temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -10,
      max: 50,
      precision: 1,
    }),
    quantity('humidity', { zh: '相对湿度', en: 'Relative humidity' }, '%', {
      min: 0,
      max: 100,
      precision: 0,
    }),
  ],
  rated: [
    rated(
      'room_temp_min',
      { zh: '供热合格室温（缺省 18 °C）', en: 'Room temperature that is owed (18 °C when absent)' },
      'Cel',
    ),
    rated(
      'room_temp_max',
      {
        zh: '过热室温（缺省 24 °C）',
        en: 'Room temperature above which heat is wasted (24 °C when absent)',
      },
      'Cel',
    ),
  ],
  rules: [
    {
      id: 'ROOM_COLD',
      name: { zh: '室温不达标', en: 'Room too cold' },
      severity: 'P3',
      when: {
        kind: 'below',
        of: { metric: 'room_temp' },
        limit: { rated: 'room_temp_min', factor: 1, fallback: 18 },
      },
      during: heatingSeason,
      confirm: { samples: 3, of: 3, seconds: 14_400 },
      clear: { deadband: 0.5, samples: 2, seconds: 7200 },
      ticket: false,
      text: {
        zh: '室温 {value}{unit}，低于 {limit}{unit}，已 {minutes} 分钟',
        en: 'room at {value} {unit}, below {limit} {unit} for {minutes} min',
      },
      standard: supplyRules,
    },
    {
      id: 'ROOM_FREEZE',
      name: { zh: '室温过低，有冻管危险', en: 'Room close to freezing' },
      severity: 'P2',
      when: { kind: 'below', of: { metric: 'room_temp' }, limit: 10 },
      during: heatingSeason,
      confirm: { samples: 3, of: 3, seconds: 3600 },
      clear: { deadband: 0.5, samples: 2, seconds: 7200 },
      ticket: true,
      text: {
        zh: '室温 {value}{unit}，低于 {limit}{unit}，可能停热，有冻管危险',
        en: 'room at {value} {unit}, below {limit} {unit}: perhaps no heat at all, the pipes may freeze',
      },
      standard: proposal,
    },
    {
      // For information: a work item, never annunciated.
      id: 'OVERHEAT',
      name: { zh: '室温过高', en: 'Room too warm' },
      severity: 'P3',
      when: {
        kind: 'above',
        of: { metric: 'room_temp' },
        limit: { rated: 'room_temp_max', factor: 1, fallback: 24 },
      },
      during: heatingSeason,
      confirm: { samples: 3, of: 3, seconds: 21_600 },
      clear: { deadband: 0.5, samples: 2, seconds: 7200 },
      ticket: false,
      text: {
        zh: '室温 {value}{unit}，高于 {limit}{unit}，已 {minutes} 分钟，可以减供',
        en: 'room at {value} {unit}, above {limit} {unit} for {minutes} min: heat could be saved',
      },
      standard: unverified('GB 50736, 18 to 24 °C'),
    },
    stuck('room_temp'),
    ...commonRules,
  ],
  codecs: indoorTemperatureCodecs,
}
