// What people read of an alert: the rule's sentences with the numbers filled in, and the Chinese sentence of a case report.

import type { Device } from '../registry/device.ts'
import type { Text } from '../device-type.ts'
import type { Leaf } from '../detectors/detector.ts'
import type { LocalTime } from '../time/local-time.ts'
import type { Millis } from '../position.ts'
import type { Rule } from '../rule.ts'

export const placeholders = ['value', 'limit', 'unit', 'minutes'] as const
type Placeholder = (typeof placeholders)[number]

export interface Numbers {
  readonly value: number | null
  readonly limit: number | null
  readonly minutes: number
}

export function textOf(rule: Rule, leaf: Leaf, numbers: Numbers): Text {
  const filled: Readonly<Record<Placeholder, string>> = {
    value: written(numbers.value, leaf.precision),
    limit: written(numbers.limit, leaf.precision),
    unit: leaf.unitLabel,
    minutes: String(numbers.minutes),
  }
  return { zh: fill(rule.text.zh, filled), en: fill(rule.text.en, filled) }
}

/** `临河区胜利路 12 号灯（LH-L-00012）漏电：……，自 2026-11-01 22:30 起`. */
export function caseDescription(
  device: Device,
  rule: Rule,
  text: Text,
  since: Millis,
  localTime: LocalTime,
): string {
  return `${device.name}（${device.id}）${rule.name.zh}：${text.zh}，自 ${localTime.wallClock(since)} 起，位于${placeOf(device)}`
}

export function placeOf(device: Device): string {
  if (device.street === null) return device.name
  return device.name.startsWith(device.street) ? device.name : `${device.street}${device.name}`
}

function fill(template: string, filled: Readonly<Record<Placeholder, string>>): string {
  return template.replace(/\{(value|limit|unit|minutes)\}/g, (_, name: Placeholder) => filled[name])
}

/** At the metric's precision, without trailing zeros. */
function written(value: number | null, precision: number): string {
  return value === null || Number.isNaN(value) ? '–' : String(Number(value.toFixed(precision)))
}
