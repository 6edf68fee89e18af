// A9, sewage pump station: the sump that must not overflow, up to four pumps, the air that people go into, and the power supply.
//
// Rated values: `start_level` and `overflow_level` in m on the scale of the sump level (without them levels are not judged);
// `pump_current`, rated current of one pump in A (10 when absent); `pumps`, how many there are (2 when absent).

import { commonRules, digitalSafety, proposal, stuck, unverified } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import { pumpMetrics, pumpRules } from './pumps.ts'

// A toxic or explosive gas is over when it has stayed away for ten minutes.
const gasGone = { samples: 2, seconds: 600 } as const

export const sewagePumpStation: DeviceType = {
  id: 'sewage-pump-station',
  name: { zh: '污水泵站', en: 'Sewage pump station' },
  // 泵站, a local extension: the national list has none.
  component: '2115',
  department: '排水公司',
  reportSeconds: 300,
  metrics: [
    quantity('sump_level', { zh: '集水池液位', en: 'Sump level' }, 'm', {
      min: 0,
      max: 15,
      precision: 2,
    }),
    ...pumpMetrics,
    quantity('flow', { zh: '出水流量', en: 'Flow' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: 0,
      max: 50_000,
      precision: 1,
    }),
    quantity('h2s', { zh: '硫化氢', en: 'Hydrogen sulphide' }, 'mg/m3', {
      unitLabel: 'mg/m³',
      min: 0,
      max: 100,
      precision: 1,
    }),
    quantity('ch4', { zh: '甲烷', en: 'Methane' }, '%{LEL}', {
      unitLabel: '%LEL',
      min: 0,
      max: 100,
      precision: 1,
    }),
    flag('power_ok', { zh: '供电正常', en: 'Power present' }, { onChange: true }),
  ],
  rated: [
    rated(
      'start_level',
      {
        zh: '起泵液位（缺省不判高液位）',
        en: 'Level at which pumps start (high level is not judged when absent)',
      },
      'm',
    ),
    rated(
      'overflow_level',
      {
        zh: '溢流液位（缺省不判溢流）',
        en: 'Level of the overflow (overflow is not judged when absent)',
      },
      'm',
    ),
    rated(
      'pump_current',
      { zh: '单泵额定电流（缺省 10 A）', en: 'Rated current of one pump (10 A when absent)' },
      'A',
    ),
    rated('pumps', { zh: '水泵台数（缺省 2 台）', en: 'Number of pumps (2 when absent)' }, '1'),
  ],
  rules: [
    {
      id: 'HIGH_LEVEL',
      name: { zh: '集水池高液位', en: 'Sump level high' },
      severity: 'P2',
      when: {
        kind: 'above',
        of: { metric: 'sump_level' },
        limit: { rated: 'start_level', factor: 1, plus: 0.3, fallback: null },
      },
      confirm: { samples: 2, of: 2, seconds: 600 },
      clear: { deadband: 0.1, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '集水池液位 {value} {unit}，高于 {limit} {unit}，已 {minutes} 分钟',
        en: 'sump level {value} {unit}, above {limit} {unit} for {minutes} min',
      },
      standard: proposal,
    },
    {
      id: 'OVERFLOW',
      name: { zh: '集水池溢流', en: 'Sump overflows' },
      severity: 'P1',
      when: {
        kind: 'above',
        of: { metric: 'sump_level' },
        limit: { rated: 'overflow_level', factor: 1, fallback: null },
        orEqual: true,
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0.1, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '集水池液位 {value} {unit}，达到溢流液位 {limit} {unit}，污水正在外溢',
        en: 'sump level {value} {unit}, at the overflow of {limit} {unit}: sewage is running out',
      },
      standard: proposal,
    },
    ...pumpRules,
    {
      id: 'H2S',
      name: { zh: '硫化氢超标', en: 'Hydrogen sulphide' },
      severity: 'P1',
      when: { kind: 'above', of: { metric: 'h2s' }, limit: 10 },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 1, ...gasGone },
      ticket: true,
      text: {
        zh: '硫化氢 {value} {unit}，超过 {limit} {unit}，有中毒危险，禁止下井',
        en: 'hydrogen sulphide {value} {unit}, above {limit} {unit}: poisonous, nobody goes in',
      },
      standard: unverified('GBZ 2.1'),
    },
    {
      id: 'GAS_L1',
      name: { zh: '甲烷一级报警', en: 'Methane, first level' },
      severity: 'P2',
      when: { kind: 'above', of: { metric: 'ch4' }, limit: 20, orEqual: true },
      confirm: { samples: 2, of: 2, seconds: 60 },
      clear: { deadband: 5, ...gasGone },
      ticket: true,
      text: {
        zh: '甲烷浓度 {value} {unit}，达到 {limit} {unit}',
        en: 'methane {value} {unit}, {limit} {unit} or more',
      },
      standard: unverified('CJJ/T 146'),
    },
    {
      id: 'GAS_L2',
      name: { zh: '甲烷二级报警', en: 'Methane, second level' },
      severity: 'P1',
      when: { kind: 'above', of: { metric: 'ch4' }, limit: 50, orEqual: true },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 5, ...gasGone },
      ticket: true,
      text: {
        zh: '甲烷浓度 {value} {unit}，达到 {limit} {unit}，有爆炸危险',
        en: 'methane {value} {unit}, {limit} {unit} or more: it may explode',
      },
      standard: unverified('CJJ/T 146'),
    },
    {
      ...digitalSafety({
        id: 'POWER_LOSS',
        name: { zh: '泵站停电', en: 'Power lost' },
        severity: 'P1',
        metric: 'power_ok',
        value: false,
        text: {
          zh: '泵站失电，已 {minutes} 分钟',
          en: 'the station has been without power for {minutes} min',
        },
      }),
      // A change-over to the second feed takes some seconds.
      confirm: { samples: 1, of: 1, seconds: 60 },
    },
    stuck('sump_level'),
    ...commonRules,
  ],
}
