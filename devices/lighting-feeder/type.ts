// A2, lighting feeder cabinet: three phases, the contactor that switches a road's lamps, and the cabinet's own safety.

import { lowBattery, offline } from '../common-rules.ts'
import type { DeviceType, Metric } from '../../src/core/device-type.ts'
import type { Operand } from '../../src/core/rule.ts'

const phases = ['a', 'b', 'c'] as const
const phaseNames = { a: 'A', b: 'B', c: 'C' } as const

const voltages: readonly Metric[] = phases.map((phase) => ({
  id: `voltage_${phase}`,
  name: { zh: `${phaseNames[phase]} 相电压`, en: `Voltage, phase ${phaseNames[phase]}` },
  unit: 'V',
  kind: 'number',
  min: 0,
  max: 300,
  precision: 1,
}))

const currents: readonly Metric[] = phases.map((phase) => ({
  id: `current_${phase}`,
  name: { zh: `${phaseNames[phase]} 相电流`, en: `Current, phase ${phaseNames[phase]}` },
  unit: 'A',
  kind: 'number',
  min: 0,
  max: 200,
  precision: 2,
}))

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
    {
      id: 'active_power',
      name: { zh: '有功功率', en: 'Active power' },
      unit: 'kW',
      kind: 'number',
      min: 0,
      max: 100,
      precision: 2,
    },
    {
      id: 'energy_total',
      name: { zh: '累计电量', en: 'Energy, total' },
      unit: 'kW.h',
      unitLabel: 'kWh',
      kind: 'counter',
      min: 0,
      max: 100_000_000,
      precision: 2,
    },
    {
      id: 'contactor_on',
      name: { zh: '接触器闭合', en: 'Contactor closed' },
      unit: '1',
      kind: 'boolean',
      min: 0,
      max: 1,
      precision: 0,
      onChange: true,
    },
    {
      id: 'door_open',
      name: { zh: '箱门打开', en: 'Door open' },
      unit: '1',
      kind: 'boolean',
      min: 0,
      max: 1,
      precision: 0,
      onChange: true,
    },
    {
      id: 'water_immersion',
      name: { zh: '箱体浸水', en: 'Water in cabinet' },
      unit: '1',
      kind: 'boolean',
      min: 0,
      max: 1,
      precision: 0,
      onChange: true,
    },
    {
      id: 'leakage_current',
      name: { zh: '漏电流', en: 'Leakage current' },
      unit: 'mA',
      kind: 'number',
      min: 0,
      max: 10_000,
      precision: 1,
    },
    {
      id: 'temp',
      name: { zh: '箱内温度', en: 'Cabinet temperature' },
      unit: 'Cel',
      unitLabel: '°C',
      kind: 'number',
      min: -40,
      max: 85,
      precision: 1,
    },
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
      standard: { ref: 'hetao', status: 'proposal' },
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
      standard: { ref: 'hetao', status: 'proposal' },
    },
    {
      id: 'DOOR_OPEN',
      name: { zh: '箱门打开', en: 'Cabinet door open' },
      severity: 'P2',
      when: { kind: 'is', metric: 'door_open', value: true },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 60 },
      ticket: true,
      text: { zh: '配电箱门被打开', en: 'the cabinet door is open' },
      standard: { ref: 'hetao', status: 'proposal' },
    },
    {
      id: 'WATER_IN',
      name: { zh: '箱体浸水', en: 'Water in cabinet' },
      severity: 'P1',
      when: { kind: 'is', metric: 'water_immersion', value: true },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 60 },
      ticket: true,
      text: { zh: '配电箱浸水', en: 'there is water in the cabinet' },
      standard: { ref: 'hetao', status: 'proposal' },
    },
    lowBattery,
    offline,
  ],
}
