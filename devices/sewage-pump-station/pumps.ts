// The pumps of a sewage pump station, numbered from 1: their metrics, and the rules that look at all of them. A pump that never
// reports is not there.

import { proposal } from '../common-rules.ts'
import { flag, quantity } from '../metrics.ts'
import type { Metric } from '../../src/core/device-type.ts'
import type { Condition, Limit, Rule } from '../../src/core/rule.ts'

const pumps = [1, 2, 3, 4] as const

export const pumpMetrics: readonly Metric[] = pumps.flatMap((n) => [
  flag(`pump_${n}_on`, { zh: `${n} 号泵运行`, en: `Pump ${n} on` }, { onChange: true }),
  quantity(`pump_${n}_current`, { zh: `${n} 号泵电流`, en: `Current of pump ${n}` }, 'A', {
    min: 0,
    max: 500,
    precision: 1,
  }),
])

/** A tenth of the rated current: the motor does not turn. */
const idle: Limit = { rated: 'pump_current', factor: 0.1, fallback: 1 }

const tripped = pumps.map((n): Condition => ({
  kind: 'all',
  of: [
    { kind: 'below', of: { metric: `pump_${n}_current` }, limit: idle },
    { kind: 'is', metric: `pump_${n}_on`, value: true },
  ],
}))

const tripRule = {
  confirm: { samples: 2, of: 2, seconds: 30 },
  clear: { deadband: 0, samples: 2, seconds: 60 },
  ticket: true,
  standard: proposal,
} as const satisfies Partial<Rule>

export const pumpRules: readonly Rule[] = [
  {
    id: 'PUMP_TRIP',
    name: { zh: '水泵跳闸', en: 'Pump tripped' },
    severity: 'P2',
    when: { kind: 'any', of: tripped },
    ...tripRule,
    text: {
      zh: '水泵已合闸但电流仅 {value} {unit}，低于 {limit} {unit}',
      en: 'a pump is switched on at a current of {value} {unit}, below {limit} {unit}',
    },
  },
  {
    id: 'PUMP_TRIP_ALL',
    name: { zh: '水泵全部跳闸', en: 'All pumps tripped' },
    severity: 'P1',
    when: {
      kind: 'all',
      of: [
        { kind: 'below', of: { sum: pumps.map((n) => `pump_${n}_current`) }, limit: idle },
        // As many are switched on as there are.
        {
          kind: 'above',
          of: { sum: pumps.map((n) => `pump_${n}_on`) },
          limit: { rated: 'pumps', factor: 1, fallback: 2 },
          orEqual: true,
        },
      ],
    },
    ...tripRule,
    text: {
      zh: '全部水泵已合闸，总电流仅 {value} {unit}，低于 {limit} {unit}，污水无法排出',
      en: 'every pump is switched on, all of them draw {value} {unit}, below {limit} {unit}: nothing is pumped',
    },
  },
  {
    id: 'SHORT_CYCLE',
    name: { zh: '水泵频繁启停', en: 'Pump short-cycling' },
    severity: 'P3',
    when: {
      kind: 'any',
      of: pumps.map((n) => ({
        kind: 'above',
        of: { starts: `pump_${n}_on`, seconds: 3600 },
        limit: 6,
      })),
    },
    confirm: { samples: 1, of: 1, seconds: 0 },
    clear: { deadband: 0, samples: 2, seconds: 600 },
    ticket: false,
    text: {
      zh: '水泵 1 小时内启动 {value} 次，超过 {limit} 次',
      en: 'a pump started {value} times within an hour, more than {limit}',
    },
    standard: proposal,
  },
]
