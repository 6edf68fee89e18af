// A6, river or open-water station: level and flow every few minutes to an hour, water quality every four hours.
//
// Rated values: `warning_level` and `guarantee_level`, the station's 警戒水位 and 保证水位 in the datum of its level (without them
// levels are not judged); what rated values say of the water is told in quality-rules.ts.

import { monitorChoices, monitorCodec } from '../codecs.ts'
import { commonRulesWith, stuck } from '../common-rules.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType, Metric, Text } from '../../src/core/device-type.ts'
import { levelRules } from './level-rules.ts'
import { QUALITY_GAP_SECONDS, qualityRated, qualityRules } from './quality-rules.ts'

function concentration(id: string, name: Text, max: number, precision = 2): Metric {
  return quantity(id, name, 'mg/L', { min: 0, max, precision })
}

/** Environmental monitors (HJ 212). */
const monitor = {
  names: {
    w01001: 'ph',
    w01009: 'do',
    w01010: 'water_temp',
    w01019: 'codmn',
    w21003: 'nh3n',
    w21011: 'tp',
    w21001: 'tn',
  },
}

export const riverStation: DeviceType = {
  id: 'river-station',
  name: { zh: '河道水位水质站', en: 'River station' },
  component: '0603',
  department: '水利局',
  reportSeconds: 3600,
  metrics: [
    // Above the station's zero or above the sea: the Yellow River stands at more than a thousand metres here.
    quantity('level', { zh: '水位', en: 'Water level' }, 'm', {
      min: -10,
      max: 2000,
      precision: 3,
    }),
    quantity('flow', { zh: '流量', en: 'Flow' }, 'm3/s', {
      unitLabel: 'm³/s',
      min: 0,
      max: 10_000,
      precision: 2,
    }),
    quantity('water_temp', { zh: '水温', en: 'Water temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -2,
      max: 40,
      precision: 1,
    }),
    quantity('ph', { zh: 'pH 值', en: 'pH' }, '[pH]', {
      unitLabel: 'pH',
      min: 0,
      max: 14,
      precision: 2,
    }),
    concentration('do', { zh: '溶解氧', en: 'Dissolved oxygen' }, 20),
    quantity('conductivity', { zh: '电导率', en: 'Conductivity' }, 'uS/cm', {
      unitLabel: 'µS/cm',
      min: 0,
      max: 20_000,
      precision: 0,
    }),
    quantity('turbidity', { zh: '浊度', en: 'Turbidity' }, '{NTU}', {
      unitLabel: 'NTU',
      min: 0,
      max: 4000,
      precision: 1,
    }),
    concentration('codmn', { zh: '高锰酸盐指数', en: 'Permanganate index' }, 100),
    concentration('nh3n', { zh: '氨氮', en: 'Ammonia nitrogen' }, 100),
    concentration('tp', { zh: '总磷', en: 'Total phosphorus' }, 20, 3),
    concentration('tn', { zh: '总氮', en: 'Total nitrogen' }, 200),
    quantity('orp', { zh: '氧化还原电位', en: 'Redox potential' }, 'mV', {
      min: -1000,
      max: 1000,
      precision: 0,
    }),
    quantity('transparency', { zh: '透明度', en: 'Transparency' }, 'cm', {
      min: 0,
      max: 1000,
      precision: 0,
    }),
    // Hydrological stations measure rain as well, and their telegrams carry it.
    quantity('rain', { zh: '时段雨量', en: 'Rain in the period' }, 'mm', {
      min: 0,
      max: 500,
      precision: 1,
    }),
    quantity('rain_total', { zh: '累计雨量', en: 'Rain, total' }, 'mm', {
      kind: 'counter',
      min: 0,
      max: 100_000,
      precision: 1,
    }),
  ],
  rated: [
    rated(
      'warning_level',
      { zh: '警戒水位（缺省不判）', en: 'Warning level (not judged when absent)' },
      'm',
    ),
    rated(
      'guarantee_level',
      { zh: '保证水位（缺省不判）', en: 'Guarantee level (not judged when absent)' },
      'm',
    ),
    ...qualityRated,
  ],
  rules: [
    ...levelRules,
    ...qualityRules,
    // Oxygen moves with day and night, under ice too; it comes with the quality values, every four hours.
    { ...stuck('do'), gapSeconds: QUALITY_GAP_SECONDS },
    ...commonRulesWith({ offline: 'P2' }),
  ],
  codecs: [
    {
      id: 'sl651',
      names: { '39': 'level', '20': 'rain', '26': 'rain_total', '38': 'battery_v' },
      // The hour's rain and levels in five-minute steps repeat what came in time; 45 is a word of state bits.
      ignored: ['f4', 'f5', 'f6', 'f7', 'f8', 'f9', 'fa', 'fb', 'fc', '45'],
    },
    monitorCodec(monitor),
    ...monitorChoices(monitor),
  ],
}
