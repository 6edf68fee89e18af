// A22, compartment of a utility tunnel: air that people can breathe, no gas, no water, no heat, nobody who should not be there.
//
// Rated values a compartment may carry:
// - `sump_alarm`  m, level of the sump at which water is about to reach the floor (1.0)

import { temperatureCodecs } from '../codecs.ts'
import { commonRulesWith, digitalSafety, unverified } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Condition, Rule } from '../../src/core/rule.ts'

const tunnelCode = unverified('GB 50838')

const sumpHigh: Condition = {
  kind: 'above',
  of: { metric: 'sump_level' },
  limit: { rated: 'sump_alarm', factor: 1, fallback: 1 },
}

const sumpRule = {
  confirm: { samples: 2, of: 2, seconds: 300 },
  clear: { deadband: 0.1, samples: 2, seconds: 600 },
  ticket: true,
  standard: tunnelCode,
} as const satisfies Partial<Rule>

const airRule = {
  severity: 'P1',
  ticket: true,
  standard: tunnelCode,
} as const satisfies Partial<Rule>

export const utilityTunnel: DeviceType = {
  id: 'utility-tunnel',
  name: { zh: '综合管廊舱室', en: 'Utility tunnel compartment' },
  // Local extension: no class of the national table has it.
  component: '2184',
  department: '管廊公司',
  reportSeconds: 60,
  metrics: [
    quantity('o2', { zh: '氧气', en: 'Oxygen' }, '%', { min: 0, max: 25, precision: 1 }),
    quantity('ch4', { zh: '甲烷', en: 'Methane' }, '%{LEL}', {
      unitLabel: '%LEL',
      min: 0,
      max: 100,
      precision: 1,
    }),
    quantity('h2s', { zh: '硫化氢', en: 'Hydrogen sulphide' }, 'mg/m3', {
      unitLabel: 'mg/m³',
      min: 0,
      max: 100,
      precision: 1,
    }),
    quantity('co', { zh: '一氧化碳', en: 'Carbon monoxide' }, 'mg/m3', {
      unitLabel: 'mg/m³',
      min: 0,
      max: 1000,
      precision: 1,
    }),
    quantity('temp', { zh: '舱内温度', en: 'Temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 120,
      precision: 1,
    }),
    quantity('humidity', { zh: '相对湿度', en: 'Relative humidity' }, '%', {
      min: 0,
      max: 100,
      precision: 0,
    }),
    quantity('sump_level', { zh: '集水坑液位', en: 'Sump level' }, 'm', {
      min: 0,
      max: 10,
      precision: 2,
    }),
    flag('fan_on', { zh: '风机运行', en: 'Fan on' }, { onChange: true }),
    flag('pump_on', { zh: '排水泵运行', en: 'Pump on' }, { onChange: true }),
    flag('door_open', { zh: '舱门打开', en: 'Door open' }, { onChange: true }),
    flag('intrusion', { zh: '入侵', en: 'Intrusion' }, { onChange: true }),
    quantity('cable_temp', { zh: '电缆温度', en: 'Cable temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 300,
      precision: 1,
    }),
  ],
  rated: [
    rated(
      'sump_alarm',
      { zh: '集水坑报警液位（缺省 1.0 m）', en: 'Alarm level of the sump (1.0 m when absent)' },
      'm',
    ),
  ],
  rules: [
    {
      id: 'O2_LOW',
      name: { zh: '缺氧', en: 'Too little oxygen' },
      when: { kind: 'below', of: { metric: 'o2' }, limit: 19.5 },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0.3, samples: 2, seconds: 600 },
      ...airRule,
      text: {
        zh: '氧气 {value}{unit}，低于 {limit}{unit}，禁止入内',
        en: 'oxygen {value}{unit}, below {limit}{unit}: nobody may enter',
      },
    },
    {
      id: 'CH4_HIGH',
      name: { zh: '甲烷超限', en: 'Methane' },
      when: { kind: 'above', of: { metric: 'ch4' }, limit: 20, orEqual: true },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 5, samples: 2, seconds: 600 },
      ...airRule,
      text: {
        zh: '甲烷 {value} {unit}，达到 {limit} {unit}，有爆炸危险',
        en: 'methane at {value} {unit}, limit {limit} {unit}: danger of explosion',
      },
    },
    {
      id: 'H2S_HIGH',
      name: { zh: '硫化氢超限', en: 'Hydrogen sulphide' },
      when: { kind: 'above', of: { metric: 'h2s' }, limit: 10 },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 1, samples: 2, seconds: 600 },
      ...airRule,
      text: {
        zh: '硫化氢 {value} {unit}，超过 {limit} {unit}，有中毒危险',
        en: 'hydrogen sulphide {value} {unit}, above {limit} {unit}: danger of poisoning',
      },
    },
    {
      id: 'TEMP_HIGH',
      name: { zh: '舱内高温', en: 'Compartment too hot' },
      severity: 'P2',
      when: { kind: 'above', of: { metric: 'temp' }, limit: 40 },
      confirm: { samples: 2, of: 2, seconds: 600 },
      clear: { deadband: 2, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '舱内 {value}{unit}，超过 {limit}{unit}，已 {minutes} 分钟',
        en: 'compartment at {value} {unit}, above {limit} {unit} for {minutes} min',
      },
      standard: tunnelCode,
    },
    {
      id: 'SUMP_HIGH',
      name: { zh: '集水坑高液位', en: 'Sump too high' },
      severity: 'P2',
      when: sumpHigh,
      ...sumpRule,
      text: {
        zh: '集水坑液位 {value} {unit}，超过 {limit} {unit}，已 {minutes} 分钟',
        en: 'sump at {value} {unit}, above {limit} {unit} for {minutes} min',
      },
    },
    {
      id: 'SUMP_PUMP_OFF',
      name: { zh: '集水坑高液位且水泵未运行', en: 'Sump too high and pump off' },
      severity: 'P1',
      when: { kind: 'all', of: [sumpHigh, { kind: 'is', metric: 'pump_on', value: false }] },
      ...sumpRule,
      text: {
        zh: '集水坑液位 {value} {unit}，超过 {limit} {unit}，水泵未运行，管廊有淹没危险',
        en: 'sump at {value} {unit}, above {limit} {unit}, and the pump stands still: the tunnel may flood',
      },
    },
    digitalSafety({
      id: 'INTRUSION',
      name: { zh: '非法入侵', en: 'Intrusion' },
      severity: 'P1',
      metric: 'intrusion',
      text: {
        zh: '管廊舱室有人非法进入，请通知 110',
        en: 'somebody has entered the compartment: call 110',
      },
    }),
    ...commonRulesWith({ offline: 'P2' }),
  ],
  codecs: temperatureCodecs('temp'),
}
