// A21, irrigation of green belts: soil moisture, one valve, and the water it takes.
//
// `source`, where the water comes from: 1 tap, 2 reclaimed, 3 well.
//
// Rated values a device may carry:
// - `moisture_min`         % by volume, below which plants suffer (12)
// - `plan_flow`            m3/h of the irrigated section; without it a burst is not judged
// - `reclaimed_available`  1 where reclaimed water could be had; absent elsewhere

import { commonRules, proposal, stuck } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Window } from '../../src/core/rule.ts'

const FLOWING_M3H = 0.1

const growing: Window = { kind: 'season', from: '04-15', to: '10-15' }
/** Pipes are emptied before the soil freezes. */
const autumn: Window = { kind: 'season', from: '10-01', to: '11-30' }

export const irrigation: DeviceType = {
  id: 'irrigation',
  name: { zh: '绿地灌溉与墒情', en: 'Irrigation and soil moisture' },
  component: '0409',
  department: '园林绿化管理处',
  reportSeconds: 3600,
  metrics: [
    quantity('soil_moisture', { zh: '土壤含水量', en: 'Soil moisture' }, '%', {
      min: 0,
      max: 60,
      precision: 1,
    }),
    quantity('soil_temp', { zh: '土壤温度', en: 'Soil temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 70,
      precision: 1,
    }),
    quantity('ec', { zh: '土壤电导率', en: 'Soil conductivity' }, 'uS/cm', {
      unitLabel: 'µS/cm',
      min: 0,
      max: 20_000,
      precision: 0,
    }),
    // What the valve was told.
    flag('valve_open', { zh: '阀门开启', en: 'Valve open' }, { onChange: true }),
    quantity('flow', { zh: '流量', en: 'Flow' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: 0,
      max: 1000,
      precision: 2,
    }),
    quantity('total', { zh: '累计水量', en: 'Volume, total' }, 'm3', {
      unitLabel: 'm³',
      kind: 'counter',
      min: 0,
      max: 100_000_000,
      precision: 2,
    }),
    quantity('pressure', { zh: '压力', en: 'Pressure' }, 'MPa', { min: 0, max: 1.6, precision: 3 }),
    quantity('source', { zh: '水源', en: 'Water source' }, '1', {
      kind: 'integer',
      min: 1,
      max: 3,
      precision: 0,
      onChange: true,
    }),
  ],
  rated: [
    rated(
      'moisture_min',
      { zh: '土壤含水率下限（缺省 12%）', en: 'Lowest soil moisture (12% when absent)' },
      '%',
    ),
    rated(
      'plan_flow',
      {
        zh: '灌溉分区设计流量（缺省不判爆管）',
        en: 'Flow of the irrigated section (a burst is not judged when absent)',
      },
      'm3/h',
    ),
    rated(
      'reclaimed_available',
      { zh: '有再生水可用填 1', en: '1 where reclaimed water could be had' },
      '1',
    ),
  ],
  rules: [
    {
      id: 'DRY',
      name: { zh: '土壤干旱', en: 'Soil too dry' },
      severity: 'P3',
      when: {
        kind: 'below',
        of: { metric: 'soil_moisture' },
        limit: { rated: 'moisture_min', factor: 1, fallback: 12 },
      },
      during: growing,
      confirm: { samples: 3, of: 3, seconds: 86_400 },
      clear: { deadband: 2, samples: 2, seconds: 0 },
      ticket: false,
      text: {
        zh: '土壤含水量 {value}{unit}，低于 {limit}{unit}，已 {minutes} 分钟，待灌溉',
        en: 'soil moisture {value}{unit}, below {limit}{unit} for {minutes} min: to be watered',
      },
      standard: proposal,
    },
    {
      id: 'VALVE_STUCK',
      name: { zh: '阀门关不严', en: 'Valve does not close' },
      severity: 'P2',
      when: {
        kind: 'all',
        of: [
          { kind: 'is', metric: 'valve_open', value: false },
          { kind: 'above', of: { metric: 'flow' }, limit: FLOWING_M3H },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 600 },
      clear: { deadband: 0.05, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '阀门已关，仍有流量 {value} {unit}，已 {minutes} 分钟',
        en: 'the valve is closed and {value} {unit} still flow, for {minutes} min',
      },
      standard: proposal,
    },
    {
      id: 'BURST',
      name: { zh: '灌溉管疑似爆裂', en: 'Irrigation pipe perhaps burst' },
      severity: 'P2',
      when: {
        kind: 'above',
        of: { metric: 'flow' },
        limit: { rated: 'plan_flow', factor: 1.5, fallback: null },
      },
      confirm: { samples: 2, of: 2, seconds: 300 },
      clear: { deadband: 0.5, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '流量 {value} {unit}，超过 {limit} {unit}，已 {minutes} 分钟，疑似爆管',
        en: 'flow {value} {unit}, above {limit} {unit} for {minutes} min: perhaps a burst pipe',
      },
      standard: proposal,
    },
    {
      // For information: a work item, never annunciated.
      id: 'WRONG_SOURCE',
      name: { zh: '有中水却用自来水', en: 'Tap water where reclaimed is at hand' },
      severity: 'P3',
      when: {
        kind: 'all',
        of: [
          { kind: 'above', of: { metric: 'flow' }, limit: FLOWING_M3H },
          // Below one and a half is tap water; devices without the mark are left alone.
          {
            kind: 'below',
            of: { metric: 'source' },
            limit: { rated: 'reclaimed_available', factor: 1.5, fallback: null },
          },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0, samples: 2, seconds: 0 },
      ticket: false,
      text: {
        zh: '以自来水灌溉，流量 {value} {unit}，附近有中水可用',
        en: 'watering with {value} {unit} of tap water, reclaimed water is at hand',
      },
      standard: proposal,
    },
    {
      id: 'FREEZE_DRAIN',
      name: { zh: '请泄水防冻', en: 'Drain before the frost' },
      severity: 'P3',
      when: { kind: 'below', of: { metric: 'soil_temp' }, limit: 3 },
      during: autumn,
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 2, samples: 2, seconds: 0 },
      ticket: false,
      text: {
        zh: '土壤温度 {value}{unit}，低于 {limit}{unit}，请泄空管道',
        en: 'soil at {value} {unit}, below {limit} {unit}: empty the pipes',
      },
      standard: proposal,
    },
    // Frozen soil does not change; a week in summer does.
    { ...stuck('soil_moisture', 168), during: growing },
    ...commonRules,
  ],
  // The section's water meter.
  codecs: [{ id: 'cjt188', names: { total: 'total' }, ignored: ['total_settled'] }],
}
