// A5, water on a road or in an underpass, and the drain pipe below: slow when dry, every few minutes when wet.
//
// Rated values: `crown_level`, height of the pipe's crown above the sensor in m (without it surcharge is not judged);
// `dry_flow`, what may flow in dry weather in m3/h (1 when absent; give a combined sewer its usual flow).

import { commonRulesWith, proposal, unverified } from '../common-rules.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Condition, Rule } from '../../src/core/rule.ts'

const DRY_SECONDS = 72 * 3600

function deepAs(limit: number): Condition {
  return { kind: 'above', of: { metric: 'depth_cm' }, limit, orEqual: true }
}

const waterRule = {
  clear: { deadband: 3, samples: 2, seconds: 900 },
  text: {
    zh: '积水深度 {value} {unit}，达到 {limit} {unit}',
    en: 'water {value} {unit} deep, {limit} {unit} or more',
  },
  standard: proposal,
} as const satisfies Partial<Rule>

const noRain: Condition = {
  kind: 'below',
  of: { metric: 'rainfall' },
  limit: 0,
  orEqual: true,
}

export const roadWaterlogging: DeviceType = {
  id: 'road-waterlogging',
  name: { zh: '道路积水监测', en: 'Road waterlogging sensor' },
  component: '0104',
  department: '排水公司',
  reportSeconds: 1800,
  metrics: [
    quantity('depth_cm', { zh: '积水深度', en: 'Water depth on the road' }, 'cm', {
      min: 0,
      max: 300,
      precision: 1,
    }),
    quantity('pipe_level', { zh: '管道液位', en: 'Level in the pipe' }, 'm', {
      min: 0,
      max: 10,
      precision: 2,
    }),
    quantity('pipe_flow', { zh: '管道流量', en: 'Flow in the pipe' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: 0,
      max: 50_000,
      precision: 1,
    }),
    quantity('rainfall', { zh: '降雨强度', en: 'Rainfall' }, 'mm/h', {
      min: 0,
      max: 200,
      precision: 1,
    }),
  ],
  rated: [
    rated(
      'crown_level',
      {
        zh: '管顶高度，自传感器起（缺省不判满管）',
        en: 'Pipe crown above the sensor (surcharge is not judged when absent)',
      },
      'm',
    ),
    rated(
      'dry_flow',
      { zh: '旱天流量（缺省 1 m³/h）', en: 'Flow in dry weather (1 m³/h when absent)' },
      'm3/h',
    ),
  ],
  rules: [
    {
      id: 'WATERLOG_WARN',
      name: { zh: '道路轻微积水', en: 'Water on the road' },
      severity: 'P3',
      when: deepAs(5),
      confirm: { samples: 3, of: 3, seconds: 0 },
      ticket: false,
      ...waterRule,
    },
    {
      id: 'WATERLOG',
      name: { zh: '道路积水', en: 'Road waterlogged' },
      severity: 'P2',
      when: deepAs(15),
      confirm: { samples: 2, of: 2, seconds: 0 },
      ticket: true,
      ...waterRule,
      standard: unverified('GB 50014'),
    },
    {
      id: 'ROAD_CLOSE',
      name: { zh: '积水断路', en: 'Road to be closed' },
      severity: 'P1',
      when: deepAs(27),
      confirm: { samples: 1, of: 1, seconds: 0 },
      ticket: true,
      ...waterRule,
      text: {
        zh: '积水深度 {value} {unit}，达到断路水深 {limit} {unit}，需封闭道路并通知交警',
        en: 'water {value} {unit} deep, {limit} {unit} or more: close the road, call the traffic police',
      },
    },
    {
      id: 'PIPE_SURCHARGE',
      name: { zh: '管道满管', en: 'Pipe surcharged' },
      severity: 'P2',
      when: {
        kind: 'all',
        of: [
          {
            kind: 'above',
            of: { metric: 'pipe_level' },
            limit: { rated: 'crown_level', factor: 1, fallback: null },
          },
          // In rain a full pipe is what it is for; in dry weather something blocks it.
          noRain,
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 900 },
      clear: { deadband: 0.05, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '无雨时管道液位 {value} {unit}，高于管顶 {limit} {unit}，已 {minutes} 分钟，疑似堵塞',
        en: 'level {value} {unit} in dry weather, above the crown at {limit} {unit} for {minutes} min: perhaps blocked',
      },
      standard: proposal,
    },
    {
      id: 'DRY_FLOW',
      name: { zh: '旱天有流量', en: 'Flow in dry weather' },
      severity: 'P3',
      when: {
        kind: 'all',
        of: [
          {
            kind: 'above',
            of: { metric: 'pipe_flow' },
            limit: { rated: 'dry_flow', factor: 1, fallback: 1 },
          },
          noRain,
          // At zero and unchanged for three days: it has not rained.
          { kind: 'above', of: { unchanged: 'rainfall' }, limit: DRY_SECONDS, orEqual: true },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0, samples: 2, seconds: 600 },
      ticket: false,
      text: {
        zh: '72 小时无雨，雨水管流量 {value} {unit}，超过 {limit} {unit}，疑似雨污混接',
        en: 'no rain for 72 h, yet the rain pipe carries {value} {unit}, above {limit} {unit}: perhaps a wrong connection',
      },
      standard: proposal,
    },
    ...commonRulesWith({ offline: 'P2' }),
  ],
}
