// Numbers and units as people read them. A missing value is a dash, never a zero.

import type { MetricInfo } from '../api/catalogue.ts'
import type { Dictionary } from '../i18n/zh-CN.ts'

/** Keeps the number and its unit on one line. */
export const THIN_SPACE = '\u202f'

/** At most three significant digits, or the metric's own precision when that is coarser; for lists. */
export function brief(value: number, precision: number | null = null): string {
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  const digits = Math.max(0, 2 - magnitude)
  return plain(value, precision === null ? Math.min(digits, 3) : Math.min(digits, precision), false)
}

/** With all digits that mean something; for details. */
export function exact(value: number, precision: number): string {
  return plain(value, precision, true)
}

function plain(value: number, digits: number, keepZeros: boolean): string {
  return new Intl.NumberFormat('en', {
    maximumFractionDigits: digits,
    minimumFractionDigits: keepZeros ? digits : 0,
    useGrouping: Math.abs(value) >= 10_000,
  }).format(value)
}

/** `1.2万`, `12.3K`: for counts that are too long to be read at a glance. */
export function compactCount(count: number, words: Dictionary): string {
  if (count <= 9_999) return String(count)
  return new Intl.NumberFormat(words.tag, { notation: 'compact', maximumFractionDigits: 1 }).format(
    count,
  )
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `171 MiB` */
export function bytes(count: number): string {
  let value = count
  let index = 0
  while (value >= 1_024 && index < sizes.length - 1) {
    value /= 1_024
    index++
  }
  return withUnit(brief(value, index === 0 ? 0 : 1), sizes[index] ?? 'B')
}

export function withUnit(text: string, unit: string): string {
  if (unit === '') return text
  return unit === '%' || unit === '°' ? `${text}${unit}` : `${text}${THIN_SPACE}${unit}`
}

/** A metric's value with its unit; booleans in words. */
export function metricValue(
  value: number | null,
  metric: MetricInfo | null,
  words: Dictionary,
): string {
  if (value === null) return words.missing
  if (metric?.isBoolean === true) return value === 0 ? words.latest.no : words.latest.yes
  if (metric === null) return brief(value)
  return withUnit(exact(value, metric.precision), metric.unit)
}
