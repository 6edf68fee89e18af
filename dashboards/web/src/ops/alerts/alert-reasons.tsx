// Why there is an alert: the rule, the condition with its numbers, how it was confirmed, and where the limit comes from.

import { operandOf } from '../../api/alert.ts'
import type { Alert } from '../../api/alert.ts'
import { metricOf, unitText } from '../../api/catalogue.ts'
import type { RuleInfo } from '../../api/catalogue.ts'
import { textOrNull } from '../../api/json.ts'
import { useApp } from '../../app/context.ts'
import { brief, withUnit } from '../../fmt/number.ts'
import { setLength } from '../../fmt/time.ts'
import { inLanguage, wordFor } from '../../i18n/words.ts'

/** Parameters that the condition, the confirmation and the text already say. */
const TOLD_ELSEWHERE = new Set([
  'value',
  'limit',
  'unit',
  'metric',
  'minutes',
  'samples',
  'of',
  'operand',
  'standard',
])

export function AlertReasons(props: { readonly alert: Alert; readonly rule: RuleInfo | null }) {
  const { preferences } = useApp()
  const words = preferences.words.value
  const { alert, rule } = props
  const seconds = rule?.confirm.seconds ?? 0
  return (
    <dl class="facts is-wide">
      <div>
        <dt>{words.drawer.rule}</dt>
        <dd>
          {rule === null ? alert.rule : inLanguage(rule.name, preferences.language.value)}{' '}
          <code>{alert.rule}</code>
        </dd>
      </div>
      <div>
        <dt>{words.drawer.condition}</dt>
        <dd>
          <Condition alert={alert} />
        </dd>
      </div>
      {rule !== null && (
        <div>
          <dt>{words.drawer.confirm}</dt>
          <dd>
            {words.drawer.confirmText(
              rule.confirm.samples,
              rule.confirm.of,
              seconds > 0 ? setLength(seconds, words) : null,
            )}
          </dd>
        </div>
      )}
      {rule !== null && alert.limit !== null && (
        <div>
          <dt>{words.drawer.standard}</dt>
          <dd>
            {standardOf(alert) ?? rule.standard ?? (
              <span class="muted">{words.drawer.ownLimit}</span>
            )}
          </dd>
        </div>
      )}
    </dl>
  )
}

function Condition(props: { readonly alert: Alert }) {
  const { preferences, city } = useApp()
  const words = preferences.words.value
  const { alert } = props
  const metric = metricOf(city.catalogue.value, alert.type, alert.metric)
  const operand = operandOf(alert)
  // What follows from several values may have a unit of its own: seconds, metres.
  const unit = operand === null ? (metric?.unit ?? unitText(alert.unit)) : unitText(alert.unit)
  const isBoolean = metric?.isBoolean === true
  const subject =
    metric === null ? alert.metric : inLanguage(metric.name, preferences.language.value)
  const code = wordFor(words.because, alert.because.code)
  const measure = operand === null ? null : wordFor(words.operand, operand)
  const numbers =
    alert.value === null || alert.limit === null || isBoolean
      ? null
      : comparison(alert.value, alert.limit, alert.because.code, unit, metric?.precision ?? null)
  const parameters = Object.entries(alert.because.params).filter(
    ([name, value]) => typeof value !== 'object' && !TOLD_ELSEWHERE.has(name),
  )
  return (
    <>
      {[subject, measure, code].filter(Boolean).join(' ')}
      {numbers !== null && <span class="formula">{numbers}</span>}
      {parameters.length > 0 && (
        <span class="parameters">
          {parameters.map(([name, value]) => (
            <code key={name}>{`${name}=${String(value)}`}</code>
          ))}
        </span>
      )}
    </>
  )
}

/** The edition that was in force when the alert was raised. */
function standardOf(alert: Alert): string | null {
  return textOrNull(alert.because.params['standard'])
}

function comparison(
  value: number,
  limit: number,
  code: string,
  unit: string,
  precision: number | null,
): string {
  const sign = code === 'below' || (code !== 'above' && value < limit) ? '<' : '>'
  return `${withUnit(brief(value, precision), unit)} ${sign} ${withUnit(brief(limit), unit)}`
}
