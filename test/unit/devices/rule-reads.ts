// What is wrong with a rule's data, in words: metrics that the type does not have, operands of the wrong kind, limits that make no
// curve, editions out of order.

import { metricsOf } from '../../../src/core/device-type.ts'
import type { DeviceType, Metric } from '../../../src/core/device-type.ts'
import type { Condition, Limit, Operand, Rule } from '../../../src/core/rule.ts'

const RATED_NAME = /^[a-z][a-z0-9_]{0,40}$/
const LOCAL_DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/

export function problemsOf(rule: Rule, type: DeviceType): string[] {
  const metrics = new Map(metricsOf(type).map((metric) => [metric.id, metric]))
  const editions = rule.editions ?? []
  const problems = [rule.when, ...editions.flatMap(({ when }) => when ?? [])].flatMap((condition) =>
    ofCondition(condition, metrics),
  )
  const dates = editions.map(({ from }) => from)
  for (const date of dates)
    if (!LOCAL_DATE.test(date)) problems.push(`edition from "${date}": expected a date`)
  if (dates.toSorted().join() !== dates.join() || new Set(dates).size !== dates.length)
    problems.push(`editions from ${dates.join(', ')}: expected later and later dates`)
  for (const { standard } of editions)
    if (standard.ref === '') problems.push('edition without a standard')
  return problems
}

/** Names of the rated values that a rule reads, by its limits and its distances, in all editions. */
export function ratedNamesOf(rule: Rule): readonly string[] {
  const editions = rule.editions ?? []
  return [rule.when, ...editions.flatMap(({ when }) => when ?? [])].flatMap(ratedIn)
}

function ratedIn(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'above':
    case 'below': {
      const { of, limit } = condition
      return [
        ...('distance' in of ? [`${of.distance.to}_lat`, `${of.distance.to}_lon`] : []),
        ...(typeof limit === 'object' && 'rated' in limit ? [limit.rated] : []),
      ]
    }
    case 'all':
    case 'any':
      return condition.of.flatMap(ratedIn)
    case 'is':
    case 'silent':
    case 'skewed':
    case 'impossible':
      return []
  }
}

type Metrics = ReadonlyMap<string, Metric>

function ofCondition(condition: Condition, metrics: Metrics): string[] {
  switch (condition.kind) {
    case 'above':
    case 'below':
      return [...ofOperand(condition.of, metrics), ...ofLimit(condition.limit, metrics)]
    case 'is':
      return ofKind(condition.metric, ['boolean'], metrics)
    case 'all':
    case 'any':
      return condition.of.length < 2
        ? [`${condition.kind} of ${condition.of.length}: expected at least two`]
        : condition.of.flatMap((one) => ofCondition(one, metrics))
    case 'silent':
      return condition.intervals > 0 ? [] : ['silent for no interval']
    case 'skewed':
      return condition.seconds > 0 ? [] : ['skewed by nothing']
    case 'impossible':
      return []
  }
}

const numbers: readonly Metric['kind'][] = ['number', 'integer', 'counter']

function ofOperand(of: Operand, metrics: Metrics): string[] {
  if ('metric' in of) return ofKind(of.metric, numbers, metrics)
  if ('sum' in of) return of.sum.flatMap((id) => ofKind(id, [...numbers, 'boolean'], metrics))
  if ('mean' in of) return ofKind(of.mean, numbers, metrics)
  if ('change' in of) return ofKind(of.change, numbers, metrics)
  if ('step' in of) return ofKind(of.step, numbers, metrics)
  if ('since' in of) return ofKind(of.counter, ['counter'], metrics)
  if ('highest' in of) return ofKind(of.highest, numbers, metrics)
  if ('starts' in of) return ofKind(of.starts, ['boolean'], metrics)
  if ('unchanged' in of) return ofKind(of.unchanged, [...numbers, 'boolean'], metrics)
  if ('difference' in of) return of.difference.flatMap((id) => ofKind(id, numbers, metrics))
  if ('lowestShare' in of) return of.lowestShare.flatMap((id) => ofKind(id, numbers, metrics))
  return [of.distance.lat, of.distance.lon].flatMap((id) => ofKind(id, numbers, metrics))
}

function ofKind(id: string, kinds: readonly Metric['kind'][], metrics: Metrics): string[] {
  const metric = metrics.get(id)
  if (metric === undefined) return [`metric ${id}: the type has none such`]
  return kinds.includes(metric.kind)
    ? []
    : [`metric ${id}: expected ${kinds.join(' or ')}, got ${metric.kind}`]
}

function ofLimit(limit: Limit, metrics: Metrics): string[] {
  if (typeof limit === 'number') return []
  if ('rated' in limit)
    return RATED_NAME.test(limit.rated) ? [] : [`rated "${limit.rated}": no name of a rated value`]
  const problems = ofKind(limit.over, numbers, metrics)
  const xs = limit.points.map(([x]) => x)
  if (xs.length < 2 || xs.some((x, index) => index > 0 && x <= (xs[index - 1] ?? x)))
    problems.push(`curve over ${limit.over}: expected points from left to right, got ${xs.join()}`)
  return problems
}
