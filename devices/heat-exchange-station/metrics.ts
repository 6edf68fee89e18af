// What a heat-exchange station reports: 1 is the primary side (from the heat source), 2 the secondary side (to the buildings).

import { flag, quantity } from '../metrics.ts'
import type { Metric } from '../../src/core/device-type.ts'

const sides = [
  { id: '1', zh: '一次侧', en: 'primary', celsiusMax: 150 },
  { id: '2', zh: '二次侧', en: 'secondary', celsiusMax: 95 },
] as const

const pipes = [
  { id: 'supply', zh: '供水', en: 'supply' },
  { id: 'return', zh: '回水', en: 'return' },
] as const

const temperatures = sides.flatMap((side) =>
  pipes.map((pipe) =>
    quantity(
      `t${side.id}_${pipe.id}`,
      {
        zh: `${side.zh}${pipe.zh}温度`,
        en: `${capitalised(side.en)} ${pipe.en} temperature`,
      },
      'Cel',
      { unitLabel: '°C', min: 0, max: side.celsiusMax, precision: 1 },
    ),
  ),
)

const pressures = sides.flatMap((side) =>
  pipes.map((pipe) =>
    quantity(
      `p${side.id}_${pipe.id}`,
      { zh: `${side.zh}${pipe.zh}压力`, en: `${capitalised(side.en)} ${pipe.en} pressure` },
      'MPa',
      { min: 0, max: 1.6, precision: 3 },
    ),
  ),
)

const flows = sides.map((side) =>
  quantity(`flow${side.id}`, { zh: `${side.zh}流量`, en: `${capitalised(side.en)} flow` }, 'm3/h', {
    unitLabel: 'm³/h',
    min: 0,
    max: 5000,
    precision: 1,
  }),
)

export const heatExchangeStationMetrics: readonly Metric[] = [
  ...temperatures,
  ...pressures,
  ...flows,
  quantity('heat_power', { zh: '热功率', en: 'Heat power' }, 'kW', {
    min: 0,
    max: 200_000,
    precision: 0,
  }),
  quantity('heat_total', { zh: '累计热量', en: 'Heat, total' }, 'GJ', {
    kind: 'counter',
    min: 0,
    max: 100_000_000,
    precision: 2,
  }),
  quantity('valve_opening', { zh: '调节阀开度', en: 'Valve opening' }, '%', {
    min: 0,
    max: 100,
    precision: 0,
  }),
  // A pump that was said to stand still stands still until it is said to run: a station that loses its power says so once.
  quantity('pump_freq', { zh: '循环泵频率', en: 'Circulation pump frequency' }, 'Hz', {
    min: 0,
    max: 50,
    precision: 1,
    onChange: true,
  }),
  quantity('makeup_flow', { zh: '补水流量', en: 'Make-up flow' }, 'm3/h', {
    unitLabel: 'm³/h',
    min: 0,
    max: 500,
    precision: 2,
  }),
  quantity('tank_level', { zh: '水箱液位', en: 'Tank level' }, 'm', {
    min: 0,
    max: 10,
    precision: 2,
  }),
  quantity('outdoor_temp', { zh: '室外温度', en: 'Outdoor temperature' }, 'Cel', {
    unitLabel: '°C',
    min: -40,
    max: 40,
    precision: 1,
  }),
  flag('power_ok', { zh: '供电正常', en: 'Power present' }, { onChange: true }),
  flag('water_on_floor', { zh: '地面积水', en: 'Water on the floor' }, { onChange: true }),
]

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
