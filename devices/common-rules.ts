// Rules that every type carries: nobody answers, the battery runs down. Limits are our own proposals.

import type { Rule } from '../src/core/rule.ts'

const proposal = { ref: 'hetao', status: 'proposal' } as const

export const offline: Rule = {
  id: 'OFFLINE',
  name: { zh: '设备离线', en: 'Device offline' },
  severity: 'P3',
  when: { kind: 'silent', intervals: 3 },
  confirm: { samples: 1, of: 1, seconds: 0 },
  clear: { deadband: 0, samples: 1, seconds: 0 },
  ticket: false,
  text: { zh: '已 {minutes} 分钟无有效数据', en: 'no valid data for {minutes} min' },
  standard: proposal,
}

export const lowBattery: Rule = {
  id: 'LOW_BATT',
  name: { zh: '电池电量低', en: 'Low battery' },
  severity: 'P3',
  when: { kind: 'below', of: { metric: 'battery_pct' }, limit: 20 },
  confirm: { samples: 3, of: 3, seconds: 0 },
  clear: { deadband: 5, samples: 3, seconds: 0 },
  ticket: false,
  text: {
    zh: '电池电量 {value}{unit}，低于 {limit}{unit}',
    en: 'battery at {value}{unit}, below {limit}{unit}',
  },
  standard: proposal,
}
