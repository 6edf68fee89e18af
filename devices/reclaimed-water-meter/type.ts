// A11, meter of reclaimed water: how much is used again, and whether the water is fit for it.
//
// Rated values: `turbidity_max` in NTU (10 when absent, for greening and roads; 5 where toilets are flushed and cars washed);
// `chlorine_min` in mg/L (0.2 when absent, the end of the network).

import { commonRules, proposal, stuck, unverified } from '../common-rules.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Rule } from '../../src/core/rule.ts'

const WEEK_HOURS = 7 * 24

const quality = {
  severity: 'P3',
  confirm: { samples: 3, of: 3, seconds: 0 },
  ticket: false,
  standard: unverified('GB/T 18920'),
} as const satisfies Partial<Rule>

export const reclaimedWaterMeter: DeviceType = {
  id: 'reclaimed-water-meter',
  name: { zh: '中水计量', en: 'Reclaimed-water meter' },
  component: '0127',
  department: '排水公司',
  reportSeconds: 3600,
  metrics: [
    quantity('flow', { zh: '瞬时流量', en: 'Flow' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: 0,
      max: 5000,
      precision: 2,
    }),
    quantity('total', { zh: '累计用水量', en: 'Volume, total' }, 'm3', {
      unitLabel: 'm³',
      kind: 'counter',
      min: 0,
      max: 1_000_000_000,
      precision: 2,
    }),
    quantity('pressure', { zh: '压力', en: 'Pressure' }, 'MPa', {
      min: 0,
      max: 1.6,
      precision: 3,
    }),
    quantity('turbidity', { zh: '浊度', en: 'Turbidity' }, '{NTU}', {
      unitLabel: 'NTU',
      min: 0,
      max: 100,
      precision: 2,
    }),
    quantity('residual_chlorine', { zh: '余氯', en: 'Residual chlorine' }, 'mg/L', {
      min: 0,
      max: 10,
      precision: 2,
    }),
  ],
  rated: [
    rated(
      'turbidity_max',
      { zh: '浊度上限（缺省 10 NTU）', en: 'Highest turbidity (10 NTU when absent)' },
      '{NTU}',
    ),
    rated(
      'chlorine_min',
      { zh: '余氯下限（缺省 0.2 mg/L）', en: 'Lowest chlorine (0.2 mg/L when absent)' },
      'mg/L',
    ),
  ],
  rules: [
    {
      id: 'NO_USE',
      name: { zh: '灌溉季未用中水', en: 'Reclaimed water not used' },
      severity: 'P3',
      when: {
        kind: 'above',
        of: { unchanged: 'total' },
        limit: WEEK_HOURS * 3600,
        orEqual: true,
      },
      during: { kind: 'season', from: '04-15', to: '10-15' },
      // The same total after days of silence is no use as well.
      gapSeconds: WEEK_HOURS * 3600,
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 0 },
      ticket: false,
      text: {
        zh: '灌溉季已 7 天未使用中水',
        en: 'no reclaimed water used for 7 days in the irrigation season',
      },
      standard: proposal,
    },
    {
      id: 'TURBIDITY',
      name: { zh: '中水浊度超标', en: 'Reclaimed water turbid' },
      when: {
        kind: 'above',
        of: { metric: 'turbidity' },
        limit: { rated: 'turbidity_max', factor: 1, fallback: 10 },
      },
      clear: { deadband: 0.5, samples: 3, seconds: 0 },
      text: {
        zh: '中水浊度 {value} {unit}，超过 {limit} {unit}',
        en: 'turbidity {value} {unit}, above {limit} {unit}',
      },
      ...quality,
    },
    {
      id: 'CL2_LOW',
      name: { zh: '中水余氯不足', en: 'Residual chlorine low' },
      when: {
        kind: 'below',
        of: { metric: 'residual_chlorine' },
        limit: { rated: 'chlorine_min', factor: 1, fallback: 0.2 },
      },
      clear: { deadband: 0.05, samples: 3, seconds: 0 },
      text: {
        zh: '中水余氯 {value} {unit}，低于 {limit} {unit}',
        en: 'residual chlorine {value} {unit}, below {limit} {unit}',
      },
      ...quality,
    },
    stuck('pressure'),
    ...commonRules,
  ],
  codecs: [{ id: 'cjt188', names: { total: 'total', flow: 'flow' }, ignored: ['total_settled'] }],
}
