// The numbers of an alert in words: what was compared may be the metric's value, or follow from several with a unit of its own.

import { operandOf } from '../../api/alert.ts'
import type { Alert } from '../../api/alert.ts'
import { unitText } from '../../api/catalogue.ts'
import type { MetricInfo } from '../../api/catalogue.ts'
import { brief, withUnit } from '../../fmt/number.ts'
import { span } from '../../fmt/time.ts'
import type { Dictionary } from '../../i18n/zh-CN.ts'

export interface AlertNumbers {
  readonly value: string
  readonly limit: string | null
  /** Beside the value, whose unit is its own. */
  readonly shortLimit: string | null
}

/** Null where no number was compared: silence, a state. */
export function alertNumbers(
  alert: Alert,
  metric: MetricInfo | null,
  words: Dictionary,
): AlertNumbers | null {
  const isDerived = operandOf(alert) !== null
  if (alert.value === null || (!isDerived && metric?.isBoolean === true)) return null
  const own = isDerived ? null : metric
  const unit = own?.unit ?? unitText(alert.unit)
  const isLength = alert.unit === 's' && unit === 's'
  const limit = alert.limit === null ? null : written(alert.limit, null)
  return {
    value: written(alert.value, own?.precision ?? null),
    limit,
    shortLimit: isLength || alert.limit === null ? limit : brief(alert.limit),
  }

  function written(value: number, precision: number | null): string {
    if (!isLength) return withUnit(brief(value, precision), unit)
    const length = span(Math.abs(value) * 1_000, words)
    return value < 0 ? `−${length}` : length
  }
}
