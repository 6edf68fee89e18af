// A7, point of the drinking-water network: pressure, flow and quality of the water on its way to the taps.
//
// Rated values: `service_pressure` in MPa, what the utility promises here (0.14 when absent); `turbidity_max` in NTU (1);
// `chlorine_min` in mg/L (0.05, the end of the network).

import { commonRules, stuck, unverified } from '../common-rules.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Rule } from '../../src/core/rule.ts'

const drinkingWater = {
  confirm: { samples: 3, of: 3, seconds: 0 },
  ticket: true,
  standard: unverified('GB 5749-2022'),
} as const satisfies Partial<Rule>

export const waterMain: DeviceType = {
  id: 'water-main',
  name: { zh: '供水管网监测点', en: 'Water main' },
  // 压力管道, a local extension: the national list has the cover of the well only.
  component: '2132',
  department: '供水公司',
  reportSeconds: 900,
  metrics: [
    quantity('pressure', { zh: '压力', en: 'Pressure' }, 'MPa', {
      min: 0,
      max: 1.6,
      precision: 3,
    }),
    // Negative where a loop feeds backward.
    quantity('flow', { zh: '瞬时流量', en: 'Flow' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: -5000,
      max: 5000,
      precision: 1,
    }),
    quantity('total', { zh: '累计水量', en: 'Volume, total' }, 'm3', {
      unitLabel: 'm³',
      kind: 'counter',
      min: 0,
      max: 1_000_000_000,
      precision: 2,
    }),
    quantity('turbidity', { zh: '浊度', en: 'Turbidity' }, '{NTU}', {
      unitLabel: 'NTU',
      min: 0,
      max: 100,
      precision: 2,
    }),
    quantity('residual_chlorine', { zh: '余氯', en: 'Residual chlorine' }, 'mg/L', {
      min: 0,
      max: 5,
      precision: 2,
    }),
    quantity('ph', { zh: 'pH 值', en: 'pH' }, '[pH]', {
      unitLabel: 'pH',
      min: 0,
      max: 14,
      precision: 2,
    }),
  ],
  rated: [
    rated(
      'service_pressure',
      { zh: '服务压力（缺省 0.14 MPa）', en: 'Service pressure (0.14 MPa when absent)' },
      'MPa',
    ),
    rated(
      'turbidity_max',
      { zh: '浊度上限（缺省 1 NTU）', en: 'Highest turbidity (1 NTU when absent)' },
      '{NTU}',
    ),
    rated(
      'chlorine_min',
      { zh: '余氯下限（缺省 0.05 mg/L）', en: 'Lowest chlorine (0.05 mg/L when absent)' },
      'mg/L',
    ),
  ],
  rules: [
    {
      id: 'LOW_PRESSURE',
      name: { zh: '供水压力低', en: 'Low pressure' },
      severity: 'P2',
      when: {
        kind: 'below',
        of: { metric: 'pressure' },
        limit: { rated: 'service_pressure', factor: 1, fallback: 0.14 },
      },
      confirm: { samples: 2, of: 2, seconds: 600 },
      clear: { deadband: 0.02, samples: 2, seconds: 300 },
      ticket: true,
      text: {
        zh: '供水压力 {value} {unit}，低于 {limit} {unit}，已 {minutes} 分钟',
        en: 'pressure {value} {unit}, below {limit} {unit} for {minutes} min',
      },
      standard: unverified('service pressure of many utilities'),
    },
    {
      id: 'TURBIDITY',
      name: { zh: '饮用水浊度超标', en: 'Drinking water turbid' },
      severity: 'P1',
      when: {
        kind: 'above',
        of: { metric: 'turbidity' },
        limit: { rated: 'turbidity_max', factor: 1, fallback: 1 },
      },
      clear: { deadband: 0.1, samples: 3, seconds: 0 },
      text: {
        zh: '管网水浊度 {value} {unit}，超过 {limit} {unit}',
        en: 'turbidity {value} {unit}, above {limit} {unit}',
      },
      ...drinkingWater,
    },
    {
      id: 'CL2_LOW',
      name: { zh: '余氯不足', en: 'Residual chlorine low' },
      severity: 'P1',
      when: {
        kind: 'below',
        of: { metric: 'residual_chlorine' },
        limit: { rated: 'chlorine_min', factor: 1, fallback: 0.05 },
      },
      clear: { deadband: 0.01, samples: 3, seconds: 0 },
      text: {
        zh: '管网末梢余氯 {value} {unit}，低于 {limit} {unit}',
        en: 'residual chlorine {value} {unit}, below {limit} {unit}',
      },
      ...drinkingWater,
    },
    {
      id: 'PH_RANGE',
      name: { zh: '饮用水 pH 超范围', en: 'pH of drinking water off range' },
      severity: 'P2',
      when: {
        kind: 'any',
        of: [
          { kind: 'below', of: { metric: 'ph' }, limit: 6.5 },
          { kind: 'above', of: { metric: 'ph' }, limit: 8.5 },
        ],
      },
      clear: { deadband: 0.1, samples: 3, seconds: 0 },
      text: {
        zh: '管网水 pH 值 {value}，超出界限 {limit}（应在 6.5 至 8.5 之间）',
        en: 'pH {value}, beyond {limit} (6.5 to 8.5 is good)',
      },
      ...drinkingWater,
    },
    // A living network never holds its pressure to the last digit for a day.
    stuck('pressure'),
    ...commonRules,
  ],
  codecs: [{ id: 'cjt188', names: { total: 'total', flow: 'flow' }, ignored: ['total_settled'] }],
}
