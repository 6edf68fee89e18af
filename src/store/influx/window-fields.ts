// The fields of a window in an InfluxDB: plain floats named by metric and figure, so that Grafana and people can read them.

import type { Metric } from '../../core/device-type.ts'
import type { Summary } from '../../core/telemetry/summary.ts'
import { floatText } from './line-protocol.ts'

const plainFigures = ['count', 'min', 'max', 'sum', 'last'] as const
const counterFigures = [...plainFigures, 'first', 'gained'] as const

type Figure = (typeof counterFigures)[number]

function figuresOf(metric: Metric): readonly Figure[] {
  return metric.kind === 'counter' ? counterFigures : plainFigures
}

/** How many values of the metric the window has; 0 says that a metric it had once is gone. */
export function countField(metric: Metric): string {
  return `${metric.id}_count`
}

export function fieldsOf(metric: Metric): readonly string[] {
  return figuresOf(metric).map((figure) => `${metric.id}_${figure}`)
}

/** `numbers` are those of `fieldsOf(metric)` from `at` on, NaN where there is none. Null when the window has no value of it. */
export function summaryIn(metric: Metric, numbers: readonly number[], at: number): Summary | null {
  const figures = figuresOf(metric)
  const given = numbers.slice(at, at + figures.length)
  const [count = 0, min = 0, max = 0, sum = 0, last = 0, first = Number.NaN, gained = 0] = given
  if (!(count >= 1) || given.some(Number.isNaN)) return null
  return { count, min, max, sum, first, last, gained }
}

/** Of a line. Null when one of the figures is no number that line protocol can say. */
export function textOf(metric: Metric, summary: Summary): string | null {
  const fields: string[] = []
  for (const figure of figuresOf(metric)) {
    const text = floatText(summary[figure])
    if (text === null) return null
    fields.push(`${metric.id}_${figure}=${text}`)
  }
  return fields.join(',')
}
