// Rules that every type carries (nobody answers, the battery runs down, the clock is off, the values cannot be), and short forms for
// rules that many types have in the same shape. Limits are our own proposals.

import type { Text } from '../src/core/device-type.ts'
import type { Rule, Severity, Standard, Window } from '../src/core/rule.ts'

/** A limit of our own. */
export const proposal: Standard = { ref: 'hetao', status: 'proposal' }

/** A limit that a standard is said to have, its text not seen. */
export function unverified(ref: string): Standard {
  return { ref, status: 'unverified' }
}

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

const SKEW_SECONDS = 300

export const clockSkew: Rule = {
  id: 'CLOCK_SKEW',
  name: { zh: '设备时钟偏差', en: 'Clock off' },
  severity: 'P3',
  when: { kind: 'skewed', seconds: SKEW_SECONDS },
  confirm: { samples: 3, of: 3, seconds: 60 },
  clear: { deadband: 0, samples: 3, seconds: 0 },
  ticket: false,
  text: {
    zh: `设备时钟偏差 {value} {unit}（正数为慢，负数为快），超过 ${SKEW_SECONDS} 秒`,
    en: `the clock is off by {value} {unit} (above zero slow, below zero fast), more than ${SKEW_SECONDS} s`,
  },
  standard: proposal,
}

export const badRange: Rule = {
  id: 'BAD_RANGE',
  name: { zh: '数值超出量程', en: 'Values out of range' },
  severity: 'P3',
  when: { kind: 'impossible' },
  confirm: { samples: 3, of: 3, seconds: 0 },
  clear: { deadband: 0, samples: 3, seconds: 0 },
  ticket: false,
  text: {
    zh: '连续上报物理上不可能的数值，传感器疑似故障',
    en: 'values that cannot be, reading after reading: the sensor may be broken',
  },
  standard: proposal,
}

/** What every type carries. */
export const commonRules: readonly Rule[] = commonRulesWith({ offline: 'P3' })

/**
 * The same where silence itself is a danger (gas, flood, tunnel) and files a ticket, or where it is what is expected outside a season.
 */
export function commonRulesWith(options: {
  readonly offline: Severity
  readonly during?: Window
}): readonly Rule[] {
  const silence: Rule = {
    ...offline,
    severity: options.offline,
    ticket: filesTicket(options.offline),
    ...(options.during === undefined ? {} : { during: options.during }),
  }
  return [lowBattery, silence, clockSkew, badRange]
}

/** The same to the last digit for hours: for a signal that naturally varies. One per type. */
export function stuck(metric: string, hours = 24): Rule {
  return {
    id: 'STUCK',
    name: { zh: '数值长时间不变', en: 'Value stuck' },
    severity: 'P3',
    when: { kind: 'above', of: { unchanged: metric }, limit: hours * 3600, orEqual: true },
    confirm: { samples: 1, of: 1, seconds: 0 },
    clear: { deadband: 0, samples: 1, seconds: 0 },
    ticket: false,
    text: {
      zh: `数值 ${hours} 小时以上没有任何变化，传感器疑似卡死`,
      en: `the value has not changed at all for ${hours} h or more: the sensor may be stuck`,
    },
    standard: proposal,
  }
}

/** A contact that means danger by itself: raised by the first report, over a minute after it is gone. */
export function digitalSafety(options: {
  readonly id: string
  readonly name: Text
  readonly metric: string
  /** Default true. */
  readonly value?: boolean
  readonly severity: Severity
  readonly severityWhere?: Rule['severityWhere']
  readonly during?: Window
  readonly text: Text
  readonly standard?: Standard
}): Rule {
  const { id, name, metric, value = true, severity, severityWhere, during, text } = options
  return {
    id,
    name,
    severity,
    ...(severityWhere === undefined ? {} : { severityWhere }),
    when: { kind: 'is', metric, value },
    ...(during === undefined ? {} : { during }),
    confirm: { samples: 1, of: 1, seconds: 0 },
    clear: { deadband: 0, samples: 1, seconds: 60 },
    ticket: filesTicket(severity),
    text,
    standard: options.standard ?? proposal,
  }
}

/** P1 and P2 go to the case system; P3 is a work item in our own list. */
function filesTicket(severity: Severity): boolean {
  return severity !== 'P3'
}
