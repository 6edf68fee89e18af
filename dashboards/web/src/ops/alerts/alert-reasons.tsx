// Why there is an alert: the rule, the condition with its numbers, how it was confirmed, and where the limit comes from.

import { operandOf } from '../../api/alert.ts'
import type { Alert } from '../../api/alert.ts'
import { metricOf } from '../../api/catalogue.ts'
import type { RuleInfo } from '../../api/catalogue.ts'
import { textOrNull } from '../../api/json.ts'
import { useApp } from '../../app/context.ts'
import { setLength } from '../../fmt/time.ts'
import { inLanguage, wordFor } from '../../i18n/words.ts'
import { alertNumbers } from './alert-numbers.ts'

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
            {rule.standard === null ? (
              <span class="muted">{words.drawer.ownLimit}</span>
            ) : (
              (standardOf(alert) ?? rule.standard)
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
  const numbers = alertNumbers(alert, metric, words)
  const subject =
    metric === null ? alert.metric : inLanguage(metric.name, preferences.language.value)
  const code = wordFor(words.because, alert.because.code)
  const measure = operand === null ? null : wordFor(words.operand, operand)
  const parameters = Object.entries(alert.because.params).filter(
    ([name, value]) => typeof value !== 'object' && !TOLD_ELSEWHERE.has(name),
  )
  return (
    <>
      {[subject, measure, code].filter(Boolean).join(' ')}
      {numbers !== null && numbers.limit !== null && (
        <span class="formula">{comparison(alert, numbers.value, numbers.limit)}</span>
      )}
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

/** The edition that was in force when the alert was raised; quoted only where the standard's own text has been checked. */
function standardOf(alert: Alert): string | null {
  return textOrNull(alert.because.params['standard'])
}

function comparison(alert: Alert, value: string, limit: string): string {
  const { code } = alert.because
  const isBelow = code === 'below' || (code !== 'above' && (alert.value ?? 0) < (alert.limit ?? 0))
  return `${value} ${isBelow ? '<' : '>'} ${limit}`
}
