// Levels of a river: the station's own warning marks, and a rise that is too fast whatever the level.

import { proposal } from '../common-rules.ts'
import type { Condition, Rule } from '../../src/core/rule.ts'

function levelAt(rated: string): Condition {
  return {
    kind: 'above',
    of: { metric: 'level' },
    limit: { rated, factor: 1, fallback: null },
    orEqual: true,
  }
}

const levelRule = {
  confirm: { samples: 2, of: 2, seconds: 0 },
  clear: { deadband: 0.05, samples: 2, seconds: 600 },
  ticket: true,
  standard: proposal,
} as const satisfies Partial<Rule>

export const levelRules: readonly Rule[] = [
  {
    id: 'LEVEL_WARN',
    name: { zh: '超警戒水位', en: 'Warning level reached' },
    severity: 'P2',
    when: levelAt('warning_level'),
    ...levelRule,
    text: {
      zh: '水位 {value} {unit}，达到警戒水位 {limit} {unit}',
      en: 'level {value} {unit}, at or above the warning level of {limit} {unit}',
    },
  },
  {
    id: 'LEVEL_GUARANTEE',
    name: { zh: '超保证水位', en: 'Guarantee level reached' },
    severity: 'P1',
    when: levelAt('guarantee_level'),
    ...levelRule,
    text: {
      zh: '水位 {value} {unit}，达到保证水位 {limit} {unit}，堤防有危险',
      en: 'level {value} {unit}, at or above the guarantee level of {limit} {unit}: the dike is in danger',
    },
  },
  {
    id: 'RISE_RATE',
    name: { zh: '水位急涨', en: 'Level rising fast' },
    severity: 'P2',
    // Within an hour, also for hourly reports that come a little late.
    when: { kind: 'above', of: { change: 'level', seconds: 3600 }, limit: 0.5 },
    ...levelRule,
    // The rise is already a comparison of many samples; hourly stations must not need two hours to tell.
    confirm: { samples: 1, of: 1, seconds: 0 },
    text: {
      zh: '水位 1 小时内上涨 {value} {unit}，超过 {limit} {unit}',
      en: 'level up by {value} {unit} within an hour, more than {limit} {unit}',
    },
  },
]
