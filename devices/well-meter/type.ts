// A8, meter of a self-supplied well: what is drawn, whether the pump runs, and whether somebody meddles with the meter.
//
// Rated values: `closed` 1 marks a well that is closed or banned; `quota_month` and `quota_year` in m3 (without them there is no
// quota to judge by).

import { commonRules, digitalSafety, proposal } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Condition, Rule } from '../../src/core/rule.ts'

/** A day and an hour: a report that comes daily finds the one before it. */
const DAY_SECONDS = 90_000

function drawn(share: number): Condition {
  const part = (since: 'month' | 'year'): Condition => ({
    kind: 'above',
    of: { since, counter: 'total' },
    limit: { rated: `quota_${since}`, factor: share, fallback: null },
    orEqual: true,
  })
  return { kind: 'any', of: [part('month'), part('year')] }
}

const quotaRule = {
  confirm: { samples: 1, of: 1, seconds: 0 },
  // What is drawn is drawn: it is over when the next month or year begins.
  clear: { deadband: 0, samples: 1, seconds: 0 },
  standard: { ref: 'water-drawing permit', status: 'proposal' },
} as const satisfies Partial<Rule>

export const wellMeter: DeviceType = {
  id: 'well-meter',
  name: { zh: '自备井取水计量', en: 'Well meter' },
  component: '0131',
  department: '水利局',
  reportSeconds: 86_400,
  metrics: [
    quantity('flow', { zh: '瞬时流量', en: 'Flow' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: 0,
      max: 500,
      precision: 2,
    }),
    quantity('total', { zh: '累计取水量', en: 'Volume, total' }, 'm3', {
      unitLabel: 'm³',
      kind: 'counter',
      min: 0,
      max: 100_000_000,
      precision: 2,
    }),
    quantity('water_table', { zh: '地下水埋深', en: 'Depth to groundwater' }, 'm', {
      min: 0,
      max: 300,
      precision: 2,
    }),
    flag('pump_on', { zh: '水泵运行', en: 'Pump running' }, { onChange: true }),
    flag('meter_magnet', { zh: '水表磁干扰', en: 'Magnet at the meter' }, { onChange: true }),
    flag('valve_open', { zh: '阀门打开', en: 'Valve open' }, { onChange: true }),
  ],
  rated: [
    rated('closed', { zh: '已关停或禁采填 1', en: '1 for a well that is closed or banned' }, '1'),
    rated(
      'quota_month',
      { zh: '月取水指标（缺省不判）', en: 'Quota of a month (not judged when absent)' },
      'm3',
    ),
    rated(
      'quota_year',
      { zh: '年取水指标（缺省不判）', en: 'Quota of a year (not judged when absent)' },
      'm3',
    ),
  ],
  rules: [
    {
      id: 'WELL_CLOSED_FLOW',
      name: { zh: '封停井取水', en: 'Closed well in use' },
      severity: 'P2',
      when: {
        kind: 'above',
        of: { change: 'total', seconds: DAY_SECONDS },
        limit: { rated: 'closed', factor: 0.5, fallback: null },
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 0 },
      ticket: true,
      text: {
        zh: '封停井一日取水 {value} {unit}，超过 {limit} {unit}',
        en: 'the well is closed, yet {value} {unit} were drawn in a day, more than {limit} {unit}',
      },
      standard: proposal,
    },
    {
      id: 'QUOTA_80',
      name: { zh: '取水量达配额八成', en: '80 % of the quota drawn' },
      severity: 'P3',
      when: drawn(0.8),
      ticket: false,
      ...quotaRule,
      text: {
        zh: '本期已取水 {value} {unit}，达到配额的 80%（{limit} {unit}）',
        en: '{value} {unit} drawn in this period, 80 % of the quota is {limit} {unit}',
      },
    },
    {
      id: 'QUOTA_100',
      name: { zh: '取水量达到配额', en: 'Quota used up' },
      severity: 'P2',
      when: drawn(1),
      ticket: true,
      ...quotaRule,
      text: {
        zh: '本期已取水 {value} {unit}，配额 {limit} {unit} 已用完',
        en: '{value} {unit} drawn in this period, the quota is {limit} {unit}',
      },
    },
    {
      id: 'ROLLBACK',
      name: { zh: '水表读数倒退', en: 'Meter runs backward' },
      severity: 'P2',
      // Ten litres are a knock of the water in the pipe.
      when: { kind: 'below', of: { step: 'total' }, limit: -0.01 },
      confirm: { samples: 1, of: 1, seconds: 0 },
      // Somebody was there; a day of good counting says that it was once.
      clear: { deadband: 0, samples: 2, seconds: 86_400 },
      ticket: true,
      text: {
        zh: '累计水量变化 {value} {unit}，读数倒退，疑似人为改动或倒装',
        en: 'the total moved by {value} {unit}: tampered with, or built in the wrong way round',
      },
      standard: proposal,
    },
    digitalSafety({
      id: 'MAGNET',
      name: { zh: '水表磁干扰', en: 'Magnet at the meter' },
      severity: 'P2',
      metric: 'meter_magnet',
      text: {
        zh: '检测到水表附近有强磁场，疑似人为干扰计量',
        en: 'there is a magnet at the meter: somebody may be stopping it',
      },
    }),
    {
      id: 'SILENT_PUMP',
      name: { zh: '开泵无流量', en: 'Pump runs without flow' },
      severity: 'P2',
      when: {
        kind: 'all',
        of: [
          { kind: 'below', of: { metric: 'flow' }, limit: 0.05 },
          { kind: 'is', metric: 'pump_on', value: true },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 1800 },
      clear: { deadband: 0.1, samples: 2, seconds: 0 },
      // Two daily reports with the pump on say nothing about the hours between them.
      gapSeconds: 3 * 3600,
      ticket: true,
      text: {
        zh: '水泵运行但流量仅 {value} {unit}，已 {minutes} 分钟，疑似绕表取水',
        en: 'the pump runs at a flow of {value} {unit} for {minutes} min: perhaps a bypass',
      },
      standard: proposal,
    },
    ...commonRules,
  ],
  codecs: [{ id: 'cjt188', names: { total: 'total', flow: 'flow' }, ignored: ['total_settled'] }],
}
