// A14, gas valve well, regulator station or the space beside a gas pipe: methane, water in the well, pressure behind the regulator.
//
// Rated values a device may carry:
// - `outlet_set`     kPa, set point of the regulator's outlet; without it the outlet is not judged
// - `sensor_height`  m, height of the gas sensor above the floor; without it flooding is not judged

import { temperatureCodecs } from '../codecs.ts'
import { commonRulesWith, proposal, unverified } from '../common-rules.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Rule } from '../../src/core/rule.ts'
import { cellVoltage, onLithiumCell } from '../lithium-cell.ts'

const gas = {
  clear: { deadband: 5, samples: 2, seconds: 600 },
  ticket: true,
  standard: unverified('CJJ/T 146, GB 15322: 20 and 50 %LEL'),
} as const satisfies Partial<Rule>

const regulator = {
  confirm: { samples: 2, of: 2, seconds: 0 },
  clear: { deadband: 0.1, samples: 2, seconds: 300 },
  ticket: true,
  standard: proposal,
} as const satisfies Partial<Rule>

export const gasValveWell: DeviceType = {
  id: 'gas-valve-well',
  name: { zh: '燃气阀井及相邻空间', en: 'Gas valve well' },
  component: '0111',
  department: '燃气公司',
  // Every half hour to hour, at once when gas is there.
  reportSeconds: 3600,
  metrics: [
    quantity('ch4', { zh: '甲烷', en: 'Methane' }, '%{LEL}', {
      unitLabel: '%LEL',
      min: 0,
      max: 100,
      precision: 1,
    }),
    quantity('level', { zh: '井内水位', en: 'Water level in the well' }, 'm', {
      min: 0,
      max: 10,
      precision: 2,
    }),
    quantity('temp', { zh: '井内温度', en: 'Temperature in the well' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 85,
      precision: 1,
    }),
    quantity('inlet_pressure', { zh: '进口压力', en: 'Inlet pressure' }, 'kPa', {
      min: 0,
      max: 4000,
      precision: 2,
    }),
    quantity('outlet_pressure', { zh: '出口压力', en: 'Outlet pressure' }, 'kPa', {
      min: 0,
      max: 1600,
      precision: 2,
    }),
  ],
  rated: [
    rated(
      'outlet_set',
      {
        zh: '调压器出口设定压力（缺省不判）',
        en: 'Set point of the outlet (not judged when absent)',
      },
      'kPa',
    ),
    rated(
      'sensor_height',
      {
        zh: '探头离井底高度（缺省不判淹没）',
        en: 'Gas sensor above the floor (flooding is not judged when absent)',
      },
      'm',
    ),
    cellVoltage,
  ],
  rules: [
    {
      id: 'GAS_L1',
      name: { zh: '燃气浓度一级报警', en: 'Gas, first level' },
      severity: 'P2',
      when: { kind: 'above', of: { metric: 'ch4' }, limit: 20, orEqual: true },
      confirm: { samples: 2, of: 2, seconds: 60 },
      ...gas,
      text: {
        zh: '甲烷浓度 {value} {unit}，达到 {limit} {unit}',
        en: 'methane at {value} {unit}, limit {limit} {unit}',
      },
    },
    {
      id: 'GAS_L2',
      name: { zh: '燃气浓度二级报警', en: 'Gas, second level' },
      severity: 'P1',
      when: { kind: 'above', of: { metric: 'ch4' }, limit: 50, orEqual: true },
      confirm: { samples: 1, of: 1, seconds: 0 },
      ...gas,
      text: {
        zh: '甲烷浓度 {value} {unit}，达到 {limit} {unit}，有爆炸危险，请通知 110、119',
        en: 'methane at {value} {unit}, limit {limit} {unit}: danger of explosion, call 110 and 119',
      },
    },
    {
      id: 'GAS_RISE',
      name: { zh: '燃气浓度快速上升', en: 'Gas rising fast' },
      severity: 'P2',
      // A rise by 10 ends above 10. Without the second part the alert of a well that is back to one report an hour would never end:
      // an hour later there is nothing to compare with.
      when: {
        kind: 'all',
        of: [
          { kind: 'above', of: { change: 'ch4', seconds: 600 }, limit: 10 },
          { kind: 'above', of: { metric: 'ch4' }, limit: 10 },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      ...gas,
      text: {
        zh: '甲烷浓度 10 分钟上升 {value} {unit}，超过 {limit} {unit}',
        en: 'methane rose by {value} {unit} in 10 min, above {limit} {unit}',
      },
      standard: proposal,
    },
    {
      id: 'REG_OUT_HIGH',
      name: { zh: '调压器出口超压', en: 'Regulator outlet too high' },
      severity: 'P1',
      when: {
        kind: 'above',
        of: { metric: 'outlet_pressure' },
        limit: { rated: 'outlet_set', factor: 1.2, fallback: null },
      },
      ...regulator,
      text: {
        zh: '出口压力 {value} {unit}，超过 {limit} {unit}，下游有超压危险',
        en: 'outlet pressure {value} {unit}, above {limit} {unit}: danger for everything behind it',
      },
    },
    {
      id: 'REG_OUT_LOW',
      name: { zh: '调压器出口低压', en: 'Regulator outlet too low' },
      severity: 'P2',
      when: {
        kind: 'below',
        of: { metric: 'outlet_pressure' },
        limit: { rated: 'outlet_set', factor: 0.8, fallback: null },
      },
      ...regulator,
      text: {
        zh: '出口压力 {value} {unit}，低于 {limit} {unit}，用户可能断气',
        en: 'outlet pressure {value} {unit}, below {limit} {unit}: flames may go out',
      },
    },
    {
      // A sensor under water sees no gas: its zero says nothing.
      id: 'WELL_FLOODED',
      name: { zh: '阀井积水，气体读数不可信', en: 'Well flooded, gas value not to be trusted' },
      severity: 'P3',
      when: {
        kind: 'above',
        of: { metric: 'level' },
        limit: { rated: 'sensor_height', factor: 1, fallback: null },
        orEqual: true,
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0.1, samples: 2, seconds: 600 },
      ticket: false,
      text: {
        zh: '井内水位 {value} {unit}，已到探头高度 {limit} {unit}，气体读数不可信',
        en: 'water at {value} {unit}, the sensor hangs at {limit} {unit}: its gas value says nothing',
      },
      standard: proposal,
    },
    ...onLithiumCell(commonRulesWith({ offline: 'P2' })),
  ],
  codecs: temperatureCodecs('temp'),
}
