// The battery rule of devices on a lithium thionyl chloride cell of 3.6 V: it holds its voltage almost to the end, and 3.3 V is the end.
// Another cell: rated value `battery_v_min` in V.

import { lowBattery } from './common-rules.ts'
import { rated } from './metrics.ts'
import type { RatedValue } from '../src/core/device-type.ts'
import type { Limit, Rule } from '../src/core/rule.ts'

export const EMPTY_VOLTS = 3.3

const lithiumLow = (limit: Limit): Rule => ({
  ...lowBattery,
  when: {
    kind: 'any',
    of: [lowBattery.when, { kind: 'below', of: { metric: 'battery_v' }, limit }],
  },
  // One deadband for percent and for volts: none.
  clear: { ...lowBattery.clear, deadband: 0 },
  text: {
    zh: '电池 {value}{unit}，低于 {limit}{unit}',
    en: 'battery at {value} {unit}, below {limit} {unit}',
  },
})

export const cellVoltage: RatedValue = rated(
  'battery_v_min',
  { zh: '电池终止电压（缺省 3.3 V）', en: 'Voltage of an empty cell (3.3 V when absent)' },
  'V',
)

/** The same rules, the battery's one watching the cell's voltage too; `limit` in V for types whose cell is always the same. */
export function onLithiumCell(
  rules: readonly Rule[],
  limit: Limit = { rated: cellVoltage.id, factor: 1, fallback: EMPTY_VOLTS },
): readonly Rule[] {
  return rules.map((rule) => (rule.id === lowBattery.id ? lithiumLow(limit) : rule))
}
