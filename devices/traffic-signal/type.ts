// A20, traffic signal controller: is the junction signalled, and safely.
//
// `mode`, as this product counts it; a controller with other numbers gets a codec that turns its own into these:
//   0 dark, 1 fixed time, 2 actuated, 3 coordinated, 4 adaptive, 5 by hand, 6 flashing without a plan, 7 flashing by plan, 8 all red
// `fault_code`, likewise:
//   0 none, 1 conflict of greens, 2 green and red together, 3 lamp, 4 detector, 5 clock, 6 communication, 7 cabinet, 9 other

import { commonRulesWith, proposal } from '../common-rules.ts'
import { flag, quantity } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Condition, Rule } from '../../src/core/rule.ts'

const DARK = 0
const FLASHING_UNPLANNED = 6
const CONFLICT_FIRST = 1
const CONFLICT_LAST = 2

/** A code of a list, from the first to the last. */
function code(metric: string, first: number, last = first): Condition {
  return {
    kind: 'all',
    of: [
      { kind: 'above', of: { metric }, limit: first, orEqual: true },
      { kind: 'below', of: { metric }, limit: last, orEqual: true },
    ],
  }
}

const unsafe = {
  severity: 'P1',
  clear: { deadband: 0, samples: 1, seconds: 60 },
  ticket: true,
  standard: proposal,
} as const satisfies Partial<Rule>

export const trafficSignal: DeviceType = {
  id: 'traffic-signal',
  name: { zh: '交通信号机', en: 'Traffic signal controller' },
  component: '0210',
  department: '公安交通管理支队',
  reportSeconds: 60,
  metrics: [
    // Said by the centre that polls the controllers.
    flag('online', { zh: '联网', en: 'Connected' }, { onChange: true }),
    quantity('mode', { zh: '运行方式', en: 'Mode' }, '1', {
      kind: 'integer',
      min: 0,
      max: 8,
      precision: 0,
      onChange: true,
    }),
    quantity('fault_code', { zh: '故障代码', en: 'Fault code' }, '1', {
      kind: 'integer',
      min: 0,
      max: 9,
      precision: 0,
      onChange: true,
    }),
    flag('lamp_fault', { zh: '灯组故障', en: 'Lamp fault' }, { onChange: true }),
    flag('power_ok', { zh: '供电正常', en: 'Power present' }, { onChange: true }),
    quantity('volume', { zh: '流量', en: 'Traffic volume' }, '/h', {
      unitLabel: '辆/h',
      min: 0,
      max: 20_000,
      precision: 0,
    }),
    quantity('occupancy', { zh: '占有率', en: 'Occupancy' }, '%', {
      min: 0,
      max: 100,
      precision: 1,
    }),
  ],
  rules: [
    {
      id: 'ALL_DARK',
      name: { zh: '信号灯全灭', en: 'Signals dark' },
      when: {
        kind: 'any',
        of: [code('mode', DARK), { kind: 'is', metric: 'power_ok', value: false }],
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      ...unsafe,
      text: {
        zh: '路口信号灯全灭或断电，请通知 110 派人指挥',
        en: 'the junction is dark or without power: call 110, traffic must be directed by hand',
      },
    },
    {
      id: 'CONFLICT',
      name: { zh: '信号冲突', en: 'Conflicting signals' },
      when: code('fault_code', CONFLICT_FIRST, CONFLICT_LAST),
      confirm: { samples: 1, of: 1, seconds: 0 },
      ...unsafe,
      text: {
        zh: '信号冲突，故障代码 {value}，请通知 110 派人指挥',
        en: 'conflicting signals, fault code {value}: call 110, traffic must be directed by hand',
      },
    },
    {
      id: 'FLASHING',
      name: { zh: '异常黄闪', en: 'Flashing without a plan' },
      when: code('mode', FLASHING_UNPLANNED),
      confirm: { samples: 1, of: 1, seconds: 60 },
      ...unsafe,
      text: {
        zh: '计划外黄闪已 {minutes} 分钟',
        en: 'flashing amber for {minutes} min without a plan',
      },
    },
    {
      id: 'LAMP_FAULT',
      name: { zh: '灯组故障', en: 'Lamp fault' },
      severity: 'P2',
      when: { kind: 'is', metric: 'lamp_fault', value: true },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 60 },
      ticket: true,
      text: { zh: '信号灯组故障', en: 'a lamp of the signals has failed' },
      standard: proposal,
    },
    {
      // Said by the centre. A controller that says nothing at all is OFFLINE, of the same severity.
      id: 'COMM_LOST',
      name: { zh: '通信中断', en: 'Communication lost' },
      severity: 'P2',
      when: { kind: 'is', metric: 'online', value: false },
      confirm: { samples: 1, of: 1, seconds: 300 },
      clear: { deadband: 0, samples: 1, seconds: 60 },
      ticket: true,
      text: {
        zh: '信号机与中心断开 {minutes} 分钟',
        en: 'the centre has not reached the controller for {minutes} min',
      },
      standard: proposal,
    },
    ...commonRulesWith({ offline: 'P2' }),
  ],
}
