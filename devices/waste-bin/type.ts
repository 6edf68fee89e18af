// A16, waste bin or transfer station: how full it is, whether it burns or smells. A station reports every few minutes: give it its
// own report interval in the registry.

import { temperatureCodecs } from '../codecs.ts'
import { commonRules, proposal, stuck, unverified } from '../common-rules.ts'
import { flag, quantity } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'

const FOUR_HOURS_SECONDS = 14_400
/** Fill is over with an emptying only: what settles a little is still full. */
const EMPTIED_PERCENT = 30
const FULL_PERCENT = 85
const OVERFULL_PERCENT = 95

export const wasteBin: DeviceType = {
  id: 'waste-bin',
  name: { zh: '垃圾箱、转运站', en: 'Waste bin or transfer station' },
  component: '0305',
  department: '环境卫生管理处',
  reportSeconds: FOUR_HOURS_SECONDS,
  metrics: [
    quantity('fill', { zh: '满溢度', en: 'Fill level' }, '%', { min: 0, max: 100, precision: 0 }),
    quantity('temp', { zh: '箱内温度', en: 'Temperature inside' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 150,
      precision: 1,
    }),
    quantity('tilt', { zh: '倾角', en: 'Tilt' }, 'deg', {
      unitLabel: '°',
      min: 0,
      max: 180,
      precision: 0,
    }),
    quantity('weight', { zh: '重量', en: 'Weight' }, 'kg', { min: 0, max: 60_000, precision: 1 }),
    quantity('h2s', { zh: '硫化氢', en: 'Hydrogen sulphide' }, 'mg/m3', {
      unitLabel: 'mg/m³',
      min: 0,
      max: 100,
      precision: 3,
    }),
    quantity('nh3', { zh: '氨', en: 'Ammonia' }, 'mg/m3', {
      unitLabel: 'mg/m³',
      min: 0,
      max: 100,
      precision: 2,
    }),
    flag('compactor_on', { zh: '压缩机运行', en: 'Compactor on' }, { onChange: true }),
  ],
  rules: [
    {
      id: 'FULL',
      name: { zh: '垃圾箱已满', en: 'Bin full' },
      severity: 'P3',
      when: { kind: 'above', of: { metric: 'fill' }, limit: FULL_PERCENT, orEqual: true },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: FULL_PERCENT - EMPTIED_PERCENT, samples: 1, seconds: 0 },
      ticket: false,
      text: {
        zh: '满溢度 {value}{unit}，达到 {limit}{unit}，待清运',
        en: 'filled to {value}{unit}, limit {limit}{unit}: to be emptied',
      },
      standard: proposal,
    },
    {
      id: 'OVERFULL',
      name: { zh: '垃圾满溢', en: 'Bin overfull' },
      severity: 'P2',
      when: { kind: 'above', of: { metric: 'fill' }, limit: OVERFULL_PERCENT, orEqual: true },
      confirm: { samples: 2, of: 2, seconds: FOUR_HOURS_SECONDS },
      clear: { deadband: OVERFULL_PERCENT - EMPTIED_PERCENT, samples: 1, seconds: 0 },
      ticket: true,
      text: {
        zh: '满溢度 {value}{unit}，达到 {limit}{unit} 已 {minutes} 分钟，未清运',
        en: 'filled to {value}{unit}, at {limit}{unit} or more for {minutes} min and not emptied',
      },
      standard: proposal,
    },
    {
      id: 'FIRE',
      name: { zh: '疑似起火', en: 'Perhaps on fire' },
      severity: 'P1',
      when: {
        kind: 'any',
        of: [
          { kind: 'above', of: { metric: 'temp' }, limit: 60 },
          {
            kind: 'all',
            of: [
              { kind: 'above', of: { change: 'temp', seconds: 600 }, limit: 20, orEqual: true },
              // Known also hours later, when nothing is left to compare with: so the alert of a slow bin comes to an end.
              { kind: 'above', of: { step: 'temp' }, limit: 0 },
            ],
          },
        ],
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '箱内温度或 10 分钟温升达 {value}{unit}（限值 {limit}{unit}），疑似起火',
        en: 'temperature, or its rise in 10 min, at {value} {unit} (limit {limit} {unit}): perhaps on fire',
      },
      standard: proposal,
    },
    {
      id: 'ODOUR',
      name: { zh: '恶臭超限', en: 'Odour' },
      severity: 'P3',
      when: {
        kind: 'any',
        of: [
          { kind: 'above', of: { metric: 'nh3' }, limit: 1 },
          { kind: 'above', of: { metric: 'h2s' }, limit: 0.06 },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0.01, samples: 2, seconds: 900 },
      ticket: false,
      text: {
        zh: '恶臭气体 {value} {unit}，超过 {limit} {unit}',
        en: 'odorous gas at {value} {unit}, above {limit} {unit}',
      },
      // The standard's class 2 is 1.5 for ammonia; 1.0 warns before.
      standard: unverified('GB 14554, class 2'),
    },
    // An ultrasonic echo trembles by itself; a week without it is a blind sensor.
    stuck('fill', 168),
    ...commonRules,
  ],
  codecs: temperatureCodecs('temp'),
}
