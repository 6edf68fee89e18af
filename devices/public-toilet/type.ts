// A17, public toilet: air, calls for help, opening hours, water and frost.
//
// Rated values a toilet may carry:
// - `nh3_limit`  mg/m3, 0.3 for a toilet of class 1, 1.0 for class 2 (the default)

import { temperatureCodecs } from '../codecs.ts'
import { commonRules, digitalSafety, proposal, stuck, unverified } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'

export const publicToilet: DeviceType = {
  id: 'public-toilet',
  name: { zh: '公共厕所', en: 'Public toilet' },
  component: '0301',
  department: '环境卫生管理处',
  reportSeconds: 300,
  metrics: [
    quantity('nh3', { zh: '氨', en: 'Ammonia' }, 'mg/m3', {
      unitLabel: 'mg/m³',
      min: 0,
      max: 50,
      precision: 2,
    }),
    quantity('h2s', { zh: '硫化氢', en: 'Hydrogen sulphide' }, 'mg/m3', {
      unitLabel: 'mg/m³',
      min: 0,
      max: 10,
      precision: 3,
    }),
    quantity('occupancy', { zh: '在用厕位', en: 'Stalls in use' }, '1', {
      kind: 'integer',
      min: 0,
      max: 200,
      precision: 0,
    }),
    quantity('visitors', { zh: '累计人次', en: 'Visitors, total' }, '1', {
      kind: 'counter',
      min: 0,
      max: 1_000_000_000,
      precision: 0,
    }),
    quantity('water_flow', { zh: '用水流量', en: 'Water flow' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: 0,
      max: 100,
      precision: 2,
    }),
    quantity('temp', { zh: '室内温度', en: 'Room temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 60,
      precision: 1,
    }),
    quantity('humidity', { zh: '相对湿度', en: 'Relative humidity' }, '%', {
      min: 0,
      max: 100,
      precision: 0,
    }),
    flag('open', { zh: '开放', en: 'Open' }, { onChange: true }),
    flag('sos', { zh: '求助按钮', en: 'Call for help' }, { onChange: true }),
  ],
  rated: [
    rated(
      'nh3_limit',
      {
        zh: '氨限值，一类 0.3、二类 1.0（缺省 1.0）',
        en: 'Limit of ammonia, 0.3 for class 1, 1.0 for class 2 (1.0 when absent)',
      },
      'mg/m3',
    ),
  ],
  rules: [
    {
      id: 'ODOUR',
      name: { zh: '异味超限', en: 'Odour' },
      severity: 'P3',
      when: {
        kind: 'any',
        of: [
          {
            kind: 'above',
            of: { metric: 'nh3' },
            limit: { rated: 'nh3_limit', factor: 1, fallback: 1 },
          },
          { kind: 'above', of: { metric: 'h2s' }, limit: 0.01 },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 900 },
      clear: { deadband: 0.002, samples: 2, seconds: 900 },
      ticket: false,
      text: {
        zh: '异味气体 {value} {unit}，超过 {limit} {unit}，已 {minutes} 分钟',
        en: 'odorous gas at {value} {unit}, above {limit} {unit} for {minutes} min',
      },
      standard: unverified('GB/T 17217'),
    },
    digitalSafety({
      id: 'SOS',
      name: { zh: '求助呼叫', en: 'Call for help' },
      severity: 'P1',
      metric: 'sos',
      text: {
        zh: '公厕求助按钮被按下，请立即到场',
        en: 'the help button was pressed: go there now',
      },
    }),
    {
      id: 'NOT_OPEN',
      name: { zh: '未按时开放', en: 'Not open' },
      severity: 'P3',
      when: { kind: 'is', metric: 'open', value: false },
      // Opening hours are the city's: these are common ones.
      during: { kind: 'hours', from: '06:00', to: '22:00' },
      confirm: { samples: 1, of: 1, seconds: 900 },
      clear: { deadband: 0, samples: 1, seconds: 60 },
      ticket: false,
      text: {
        zh: '开放时段内已关闭 {minutes} 分钟',
        en: 'closed for {minutes} min within the opening hours',
      },
      standard: proposal,
    },
    {
      id: 'WATER_LEAK',
      name: { zh: '长流水', en: 'Water keeps running' },
      severity: 'P3',
      when: {
        kind: 'all',
        of: [
          { kind: 'above', of: { metric: 'water_flow' }, limit: 0 },
          // Nobody came since the reading before.
          { kind: 'below', of: { step: 'visitors' }, limit: 1 },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 3600 },
      clear: { deadband: 0, samples: 2, seconds: 600 },
      ticket: false,
      text: {
        zh: '无人使用仍有水流 {value} {unit}，已 {minutes} 分钟',
        en: 'water runs at {value} {unit} for {minutes} min and nobody is there',
      },
      standard: proposal,
    },
    {
      id: 'FREEZE',
      name: { zh: '有冻管危险', en: 'Danger of freezing' },
      severity: 'P2',
      when: { kind: 'below', of: { metric: 'temp' }, limit: 2 },
      confirm: { samples: 3, of: 3, seconds: 600 },
      clear: { deadband: 1, samples: 2, seconds: 1800 },
      ticket: true,
      text: {
        zh: '室内 {value}{unit}，低于 {limit}{unit}，水管有冻裂危险',
        en: 'room at {value} {unit}, below {limit} {unit}: the pipes may freeze',
      },
      standard: proposal,
    },
    stuck('temp'),
    ...commonRules,
  ],
  codecs: temperatureCodecs('temp'),
}
