// A2, lighting feeder cabinet: three phases, the contactor that switches a road's lamps, and the cabinet's own safety.

import { temperatureCodecs } from '../codecs.ts'
import { commonRules, digitalSafety, proposal } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Operand } from '../../src/core/rule.ts'

const phases = ['A', 'B', 'C'] as const

const voltages = phases.map((phase) =>
  quantity(
    `voltage_${phase.toLowerCase()}`,
    { zh: `${phase} 相电压`, en: `Voltage, phase ${phase}` },
    'V',
    { min: 0, max: 300, precision: 1 },
  ),
)

const currents = phases.map((phase) =>
  quantity(
    `current_${phase.toLowerCase()}`,
    { zh: `${phase} 相电流`, en: `Current, phase ${phase}` },
    'A',
    { min: 0, max: 200, precision: 2 },
  ),
)

const totalCurrent: Operand = { sum: ['current_a', 'current_b', 'current_c'] }

/** A tenth of the rated current: fewer lamps than that are no lit road. */
const loaded = { rated: 'current', factor: 0.1, fallback: 1 } as const

export const lightingFeeder: DeviceType = {
  id: 'lighting-feeder',
  name: { zh: '路灯配电箱', en: 'Lighting feeder cabinet' },
  component: '2104',
  department: '路灯管理所',
  reportSeconds: 300,
  metrics: [
    ...voltages,
    ...currents,
    quantity('active_power', { zh: '有功功率', en: 'Active power' }, 'kW', {
      min: 0,
      max: 100,
      precision: 2,
    }),
    quantity('energy_total', { zh: '累计电量', en: 'Energy, total' }, 'kW.h', {
      unitLabel: 'kWh',
      kind: 'counter',
      min: 0,
      max: 100_000_000,
      precision: 2,
    }),
    flag('contactor_on', { zh: '接触器闭合', en: 'Contactor closed' }, { onChange: true }),
    flag('door_open', { zh: '箱门打开', en: 'Door open' }, { onChange: true }),
    flag('water_immersion', { zh: '箱体浸水', en: 'Water in cabinet' }, { onChange: true }),
    quantity('leakage_current', { zh: '漏电流', en: 'Leakage current' }, 'mA', {
      min: 0,
      max: 10_000,
      precision: 1,
    }),
    quantity('temp', { zh: '箱内温度', en: 'Cabinet temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 85,
      precision: 1,
    }),
  ],
  rated: [
    rated(
      'current',
      { zh: '额定电流（缺省按 10 A）', en: 'Rated current (10 A when absent)' },
      'A',
    ),
  ],
  rules: [
    {
      id: 'FEEDER_DARK',
      name: { zh: '整路不亮', en: 'Feeder dark' },
      severity: 'P2',
      severityWhere: { roadClass: ['快速路', '主干道'], severity: 'P1' },
      when: {
        kind: 'any',
        of: [
          { kind: 'below', of: totalCurrent, limit: loaded },
          { kind: 'is', metric: 'contactor_on', value: false },
        ],
      },
      during: { kind: 'lighting' },
      confirm: { samples: 2, of: 2, seconds: 600 },
      clear: { deadband: 0.5, samples: 2, seconds: 0 },
      ticket: true,
      text: {
        zh: '亮灯时段整路无负荷，已 {minutes} 分钟',
        en: 'no load at night for {minutes} min',
      },
      standard: proposal,
    },
    {
      id: 'DAY_ON',
      name: { zh: '白天整路亮灯', en: 'Feeder on by day' },
      severity: 'P2',
      when: { kind: 'above', of: totalCurrent, limit: loaded },
      during: { kind: 'daylight' },
      // Dusk and dawn are soft: half an hour separates a schedule from a fault.
      confirm: { samples: 2, of: 2, seconds: 1800 },
      clear: { deadband: 0.5, samples: 2, seconds: 0 },
      ticket: true,
      text: {
        zh: '白天总电流 {value} {unit}，高于 {limit} {unit}，已 {minutes} 分钟',
        en: 'total current {value} {unit} by day, above {limit} {unit} for {minutes} min',
      },
      standard: proposal,
    },
    {
      id: 'PHASE_LOSS',
      name: { zh: '缺相', en: 'Phase lost' },
      severity: 'P2',
      when: {
        kind: 'below',
        of: { lowestShare: ['current_a', 'current_b', 'current_c'] },
        limit: 0.1,
      },
      confirm: { samples: 2, of: 2, seconds: 300 },
      clear: { deadband: 0.05, samples: 2, seconds: 60 },
      ticket: true,
      // A pure number; as a share of one it reads well in both languages.
      text: {
        zh: '一相电流仅为其余各相均值的 {value} 倍，低于 {limit} 倍，已 {minutes} 分钟',
        en: 'one phase carries {value} of the mean of the others, below {limit} for {minutes} min',
      },
      standard: proposal,
    },
    digitalSafety({
      id: 'DOOR_OPEN',
      name: { zh: '箱门打开', en: 'Cabinet door open' },
      severity: 'P2',
      metric: 'door_open',
      text: { zh: '配电箱门被打开', en: 'the cabinet door is open' },
    }),
    digitalSafety({
      id: 'WATER_IN',
      name: { zh: '箱体浸水', en: 'Water in cabinet' },
      severity: 'P1',
      metric: 'water_immersion',
      text: { zh: '配电箱浸水', en: 'there is water in the cabinet' },
    }),
    ...commonRules,
  ],
  codecs: temperatureCodecs('temp'),
}
