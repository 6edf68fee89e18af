// A1, street light with a single-lamp controller: electrical values, dimming, leakage and tilt of one lamp.

import { commonRules, proposal, unverified } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'

/** A lamp below this share of its rated power gives no light; dimmed lamps stay above 30 %. */
const lit = { rated: 'power', factor: 0.2, fallback: 20 } as const

export const streetlight: DeviceType = {
  id: 'streetlight',
  name: { zh: '路灯单灯控制器', en: 'Street light' },
  component: '0118',
  department: '路灯管理所',
  // By day; in the lighting window it is 15 minutes, and at once on a change.
  reportSeconds: 3600,
  metrics: [
    flag('lamp_on', { zh: '继电器闭合', en: 'Relay closed' }, { onChange: true }),
    quantity('voltage', { zh: '电压', en: 'Voltage' }, 'V', { min: 0, max: 300, precision: 1 }),
    quantity('current', { zh: '电流', en: 'Current' }, 'A', { min: 0, max: 10, precision: 3 }),
    quantity('power', { zh: '功率', en: 'Power' }, 'W', { min: 0, max: 1000, precision: 1 }),
    quantity('power_factor', { zh: '功率因数', en: 'Power factor' }, '1', {
      min: 0,
      max: 1,
      precision: 2,
    }),
    quantity('dim_level', { zh: '调光等级', en: 'Dimming level' }, '%', {
      kind: 'integer',
      min: 0,
      max: 100,
      precision: 0,
    }),
    quantity('energy_total', { zh: '累计电量', en: 'Energy, total' }, 'kW.h', {
      unitLabel: 'kWh',
      kind: 'counter',
      min: 0,
      max: 10_000_000,
      precision: 2,
    }),
    quantity('leakage_current', { zh: '漏电流', en: 'Leakage current' }, 'mA', {
      min: 0,
      max: 1000,
      precision: 1,
    }),
    quantity('tilt_angle', { zh: '灯杆倾角', en: 'Tilt angle' }, 'deg', {
      unitLabel: '°',
      min: 0,
      max: 90,
      precision: 1,
    }),
  ],
  rated: [
    rated('power', { zh: '额定功率（缺省按 100 W）', en: 'Rated power (100 W when absent)' }, 'W'),
  ],
  rules: [
    {
      id: 'LAMP_OUT',
      name: { zh: '灯不亮', en: 'Lamp out' },
      severity: 'P3',
      when: {
        kind: 'all',
        of: [
          { kind: 'is', metric: 'lamp_on', value: true },
          { kind: 'below', of: { metric: 'power' }, limit: lit },
        ],
      },
      during: { kind: 'lighting' },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 2, samples: 1, seconds: 0 },
      ticket: false,
      text: {
        zh: '亮灯时段已合闸，功率 {value}{unit}，低于 {limit}{unit}',
        en: 'switched on at night, power {value} {unit}, below {limit} {unit}',
      },
      standard: proposal,
    },
    {
      id: 'LAMP_DAY_ON',
      name: { zh: '白天亮灯', en: 'Lamp on by day' },
      severity: 'P3',
      when: { kind: 'above', of: { metric: 'power' }, limit: lit },
      during: { kind: 'daylight' },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 2, samples: 1, seconds: 0 },
      ticket: false,
      text: {
        zh: '白天功率 {value}{unit}，高于 {limit}{unit}',
        en: 'power {value} {unit} by day, above {limit} {unit}',
      },
      standard: proposal,
    },
    {
      id: 'LEAKAGE',
      name: { zh: '漏电', en: 'Leakage current' },
      severity: 'P1',
      when: { kind: 'above', of: { metric: 'leakage_current' }, limit: 30 },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 5, samples: 2, seconds: 0 },
      ticket: true,
      text: {
        zh: '漏电流 {value} {unit}，超过 {limit} {unit}',
        en: 'leakage current {value} {unit}, above {limit} {unit}',
      },
      standard: unverified('residual current protection of persons, 30 mA'),
    },
    {
      id: 'OVERVOLT',
      name: { zh: '过电压', en: 'Overvoltage' },
      severity: 'P3',
      // 1.1 x 220 V.
      when: { kind: 'above', of: { metric: 'voltage' }, limit: 242 },
      confirm: { samples: 2, of: 2, seconds: 600 },
      clear: { deadband: 3, samples: 2, seconds: 0 },
      ticket: false,
      text: {
        zh: '电压 {value} {unit}，高于 {limit} {unit}，已 {minutes} 分钟',
        en: 'voltage {value} {unit}, above {limit} {unit} for {minutes} min',
      },
      standard: unverified('GB/T 12325'),
    },
    {
      id: 'UNDERVOLT',
      name: { zh: '欠电压', en: 'Undervoltage' },
      severity: 'P3',
      // 0.9 x 220 V.
      when: { kind: 'below', of: { metric: 'voltage' }, limit: 198 },
      confirm: { samples: 2, of: 2, seconds: 600 },
      clear: { deadband: 3, samples: 2, seconds: 0 },
      ticket: false,
      text: {
        zh: '电压 {value} {unit}，低于 {limit} {unit}，已 {minutes} 分钟',
        en: 'voltage {value} {unit}, below {limit} {unit} for {minutes} min',
      },
      standard: unverified('GB/T 12325'),
    },
    ...commonRules,
  ],
}
