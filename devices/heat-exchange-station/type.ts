// A12, heat-exchange station: whether the loop to the buildings is hot enough, tight and moving, and whether the room stays dry.
//
// Rated values a station may carry:
// - `t2_design`      °C, supply temperature the loop was built for (45 with floor heating); the weather curve never asks for more
// - `t2_high`        °C, highest supply temperature allowed (85)
// - `static_pressure` MPa, pressure that the highest building needs at rest
// - `p2_high`        MPa, design pressure of the secondary side (0.6)
// - `loop_volume`    m3, water in the secondary loop (200)

import { commonRulesWith, digitalSafety, proposal, stuck } from '../common-rules.ts'
import { rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Rule } from '../../src/core/rule.ts'
import { heatingSeason } from './heating-season.ts'
import { heatExchangeStationMetrics } from './metrics.ts'

/** What the secondary supply should have at which outdoor temperature; a flat, common curve, ours and no standard's. */
const weatherCurve = [
  [-30, 62],
  [-20, 56],
  [-10, 49],
  [0, 42],
  [10, 34],
] as const

const loopTemperature = {
  clear: { deadband: 2, samples: 2, seconds: 1800 },
  ticket: true,
  standard: proposal,
} as const satisfies Partial<Rule>

const loopPressure = {
  severity: 'P1',
  confirm: { samples: 2, of: 2, seconds: 300 },
  clear: { deadband: 0.02, samples: 2, seconds: 300 },
  ticket: true,
  standard: proposal,
} as const satisfies Partial<Rule>

export const heatExchangeStation: DeviceType = {
  id: 'heat-exchange-station',
  name: { zh: '换热站', en: 'Heat-exchange station' },
  // Local extension: no class of the national table has it.
  component: '2181',
  department: '供热公司',
  reportSeconds: 300,
  metrics: heatExchangeStationMetrics,
  rated: [
    rated(
      't2_design',
      {
        zh: '二次侧设计供水温度（缺省只按气候曲线）',
        en: 'Supply temperature the loop was built for (only the weather curve asks when absent)',
      },
      'Cel',
    ),
    rated(
      't2_high',
      {
        zh: '二次侧最高供水温度（缺省 85 °C）',
        en: 'Highest supply temperature (85 °C when absent)',
      },
      'Cel',
    ),
    rated(
      'static_pressure',
      {
        zh: '静水压力（缺省只判 0.05 MPa 以下）',
        en: 'Pressure of the highest building at rest (only below 0.05 MPa is judged when absent)',
      },
      'MPa',
    ),
    rated(
      'p2_high',
      {
        zh: '二次侧设计压力（缺省 0.6 MPa）',
        en: 'Design pressure of the secondary side (0.6 MPa when absent)',
      },
      'MPa',
    ),
    rated(
      'loop_volume',
      { zh: '二次网水容量（缺省 200 m³）', en: 'Water in the secondary loop (200 m³ when absent)' },
      'm3',
    ),
  ],
  rules: [
    {
      id: 'T2_LOW',
      name: { zh: '二次供温偏低', en: 'Secondary supply too cold' },
      severity: 'P2',
      when: {
        kind: 'all',
        of: [
          {
            kind: 'below',
            of: { metric: 't2_supply' },
            limit: { over: 'outdoor_temp', points: weatherCurve, plus: -5 },
          },
          {
            kind: 'below',
            of: { metric: 't2_supply' },
            limit: { rated: 't2_design', factor: 1, plus: -5, fallback: 90 },
          },
        ],
      },
      during: heatingSeason,
      confirm: { samples: 2, of: 2, seconds: 3600 },
      ...loopTemperature,
      text: {
        zh: '二次侧供水 {value}{unit}，低于室外温度对应的 {limit}{unit}，已 {minutes} 分钟',
        en: 'secondary supply {value} {unit}, below the {limit} {unit} that the weather asks for, for {minutes} min',
      },
    },
    {
      id: 'T2_HIGH',
      name: { zh: '二次供温超高', en: 'Secondary supply too hot' },
      severity: 'P2',
      when: {
        kind: 'above',
        of: { metric: 't2_supply' },
        limit: { rated: 't2_high', factor: 1, fallback: 85 },
      },
      confirm: { samples: 2, of: 2, seconds: 300 },
      ...loopTemperature,
      text: {
        zh: '二次侧供水 {value}{unit}，超过 {limit}{unit}，已 {minutes} 分钟',
        en: 'secondary supply {value} {unit}, above {limit} {unit} for {minutes} min',
      },
    },
    {
      id: 'P2_LOW',
      name: { zh: '二次侧失压', en: 'Secondary pressure lost' },
      // Below the pressure at rest the highest rooms run dry, draw in air and freeze. Without a rated value: what no loop stands.
      when: {
        kind: 'below',
        of: { metric: 'p2_return' },
        limit: { rated: 'static_pressure', factor: 1, plus: -0.05, fallback: 0.05 },
      },
      during: heatingSeason,
      ...loopPressure,
      text: {
        zh: '二次侧回水压力 {value} {unit}，低于 {limit} {unit}，已 {minutes} 分钟，有倒空汽化危险',
        en: 'secondary return pressure {value} {unit}, below {limit} {unit} for {minutes} min: the loop may run empty',
      },
    },
    {
      id: 'P2_HIGH',
      name: { zh: '二次侧超压', en: 'Secondary pressure too high' },
      when: {
        kind: 'any',
        of: [
          {
            kind: 'above',
            of: { metric: 'p2_supply' },
            limit: { rated: 'p2_high', factor: 1, fallback: 0.6 },
          },
          {
            kind: 'above',
            of: { metric: 'p2_return' },
            limit: { rated: 'p2_high', factor: 1, fallback: 0.6 },
          },
        ],
      },
      ...loopPressure,
      text: {
        zh: '二次侧压力 {value} {unit}，超过 {limit} {unit}，已 {minutes} 分钟，有爆管危险',
        en: 'secondary pressure {value} {unit}, above {limit} {unit} for {minutes} min: radiators may burst',
      },
    },
    {
      id: 'MAKEUP_HIGH',
      name: { zh: '补水量过大', en: 'Make-up water too high' },
      severity: 'P2',
      // A hundredth of the loop each hour.
      when: {
        kind: 'above',
        of: { metric: 'makeup_flow' },
        limit: { rated: 'loop_volume', factor: 0.01, fallback: 2 },
      },
      // Loops are filled before the season.
      during: heatingSeason,
      confirm: { samples: 2, of: 2, seconds: 1800 },
      clear: { deadband: 0.1, samples: 2, seconds: 600 },
      ticket: true,
      text: {
        zh: '补水 {value} {unit}，超过 {limit} {unit}，已 {minutes} 分钟，疑似漏水',
        en: 'make-up water {value} {unit}, above {limit} {unit} for {minutes} min: perhaps a leak',
      },
      standard: proposal,
    },
    {
      id: 'DT_LOW',
      name: { zh: '二次侧供回水温差小', en: 'Small spread of the secondary side' },
      severity: 'P3',
      // A loop that is hardly heated has no spread, and needs none.
      when: {
        kind: 'all',
        of: [
          { kind: 'below', of: { difference: ['t2_supply', 't2_return'] }, limit: 5 },
          { kind: 'above', of: { metric: 't2_supply' }, limit: 35 },
        ],
      },
      during: heatingSeason,
      confirm: { samples: 2, of: 2, seconds: 7200 },
      clear: { deadband: 1, samples: 2, seconds: 1800 },
      ticket: false,
      text: {
        zh: '二次侧供回水温差 {value}{unit}，小于 {limit}{unit}，已 {minutes} 分钟，疑似水力失调',
        en: 'spread of the secondary side {value} {unit}, below {limit} {unit} for {minutes} min: out of balance',
      },
      standard: proposal,
    },
    {
      id: 'STATION_DOWN',
      name: { zh: '换热站停运', en: 'Station down' },
      severity: 'P1',
      when: {
        kind: 'any',
        of: [
          { kind: 'is', metric: 'power_ok', value: false },
          { kind: 'below', of: { metric: 'pump_freq' }, limit: 1 },
        ],
      },
      during: heatingSeason,
      confirm: { samples: 1, of: 1, seconds: 300 },
      clear: { deadband: 1, samples: 1, seconds: 60 },
      ticket: true,
      text: {
        zh: '循环泵停转或断电，已 {minutes} 分钟，有冻管危险',
        en: 'the pumps stand still or the power is off for {minutes} min: danger of freezing',
      },
      standard: proposal,
    },
    digitalSafety({
      id: 'FLOOD',
      name: { zh: '站内进水', en: 'Station flooded' },
      severity: 'P1',
      metric: 'water_on_floor',
      text: { zh: '换热站地面积水', en: 'there is water on the floor of the station' },
    }),
    { ...stuck('t2_supply'), during: heatingSeason },
    // In summer a station is switched off.
    ...commonRulesWith({ offline: 'P3', during: heatingSeason }),
  ],
  codecs: [
    {
      // Heat meter on the primary side.
      id: 'cjt188',
      names: {
        // The decoder gives kWh.
        energy: { metric: 'heat_total', factor: 0.0036 },
        power: 'heat_power',
        flow: 'flow1',
        supply: 't1_supply',
        return: 't1_return',
      },
      // The volume that has passed is no figure of a station.
      ignored: ['total'],
    },
  ],
}
