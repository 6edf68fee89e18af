// One alert in the list: which asset, what, by how much, since when, where; then how often, its ticket, and the way to acknowledge.

import { useMemo } from 'preact/hooks'
import type { Alert } from '../../api/alert.ts'
import type { Ticket } from '../../api/ticket.ts'
import { metricOf, ruleOf } from '../../api/catalogue.ts'
import { mayOperate } from '../../app/session.ts'
import { useApp } from '../../app/context.ts'
import { divisionName } from '../../i18n/divisions.ts'
import { inLanguage } from '../../i18n/words.ts'
import { DeliveryMark } from '../../ui/delivery-mark.tsx'
import { Since } from '../../ui/moment.tsx'
import { SeverityMark } from '../../ui/severity-mark.tsx'
import { needsAcknowledgement } from './acknowledge.ts'
import { alertNumbers } from './alert-numbers.ts'

export interface AlertRowProps {
  readonly alert: Alert
  readonly index: number
  readonly topPx: number
  readonly isCurrent: boolean
  readonly isSelected: boolean
  readonly isFresh: boolean
  readonly isPending: boolean
  readonly onOpen: (id: string) => void
  readonly onAcknowledge: (id: string) => void
}

export function AlertRow(props: AlertRowProps) {
  const { preferences, city } = useApp()
  const { alert, index, topPx, isCurrent, isSelected, isFresh, isPending } = props
  const language = preferences.language.value
  const catalogue = city.catalogue.value
  // Read so that the row follows its ticket, whose changes do not touch the alert.
  void city.ticketsVersion.value
  const ticket = alert.ticket === null ? undefined : city.tickets.get(alert.ticket)
  const mayAcknowledge = mayOperate(useApp().session.state.value)
  // The same element again tells Preact that nothing below has changed: a commit touches only rows that did.
  const cells = useMemo(
    () => <Cells {...props} ticket={ticket} mayAcknowledge={mayAcknowledge} />,
    [alert, language, catalogue, ticket, isPending, mayAcknowledge],
  )
  return (
    <div
      role="row"
      data-row={alert.id}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      tabIndex={isCurrent ? 0 : -1}
      class={[
        'alert-row',
        `state-${alert.state}`,
        `bar-${alert.severity}`,
        isSelected ? 'is-selected' : '',
        isFresh ? 'is-fresh' : '',
      ].join(' ')}
      style={{ transform: `translateY(${topPx}px)` }}
      onClick={() => props.onOpen(alert.id)}
    >
      {cells}
    </div>
  )
}

function Cells(
  props: AlertRowProps & { readonly ticket: Ticket | undefined; readonly mayAcknowledge: boolean },
) {
  const { preferences, city } = useApp()
  const { alert } = props
  const words = preferences.words.value
  const language = preferences.language.value
  const rule = ruleOf(city.catalogue.value, alert.type, alert.rule)
  const text = inLanguage(alert.text, language)
  const { ticket } = props
  const where = [inLanguage(divisionName(alert.division), language), alert.street].filter(Boolean)
  return (
    <>
      <span role="gridcell" class="cell-severity">
        <SeverityMark severity={alert.severity} state={alert.state} />
        <span class="visually-hidden">{words.alertState[alert.state]}</span>
      </span>
      <span role="gridcell" class="cell-asset" title={words.copyId(alert.device)}>
        <span class="asset-name" data-user-text>
          {alert.deviceName}
        </span>
        {alert.deviceName !== alert.device && <span class="asset-id">{alert.device}</span>}
      </span>
      <span role="gridcell" class="cell-what" title={text}>
        {rule === null ? text : inLanguage(rule.name, language)}
      </span>
      <span role="gridcell" class="cell-value">
        <AlertValue alert={alert} />
      </span>
      <span role="gridcell" class="cell-since">
        <Since at={alert.since} />
      </span>
      <span role="gridcell" class="cell-where" title={where.join(' ')} data-user-text>
        {where.join(' ')}
      </span>
      <span role="gridcell" class="cell-count" title={words.alerts.timesHint(alert.count)}>
        {alert.count > 1 ? words.alerts.times(alert.count) : ''}
      </span>
      <span role="gridcell" class="cell-ticket">
        {alert.ticket === null ? (
          <span class="muted">{words.missing}</span>
        ) : ticket === undefined ? (
          <span class="muted">{words.nav.tickets}</span>
        ) : (
          <DeliveryMark ticket={ticket} />
        )}
      </span>
      <span role="gridcell" class="cell-action">
        {needsAcknowledgement(alert) && props.mayAcknowledge ? (
          <button
            type="button"
            class="button is-small"
            tabIndex={-1}
            title={`${words.alerts.acknowledge}  a`}
            onClick={(event) => {
              event.stopPropagation()
              props.onAcknowledge(alert.id)
            }}
          >
            {words.alerts.acknowledge}
          </button>
        ) : (
          <span
            class="state-word"
            title={alert.ackedBy === null ? undefined : words.alerts.ackedBy(alert.ackedBy)}
          >
            {props.isPending ? words.alerts.acknowledging : words.alertStateShort[alert.state]}
          </span>
        )}
      </span>
    </>
  )
}

/** The number never stands without its limit, nor without its unit. */
export function AlertValue(props: { readonly alert: Alert }) {
  const { preferences, city } = useApp()
  const words = preferences.words.value
  const { alert } = props
  if (alert.value === null) return <span class="muted">{words.missing}</span>
  const metric = metricOf(city.catalogue.value, alert.type, alert.metric)
  const numbers = alertNumbers(alert, metric, words)
  if (numbers === null)
    return (
      <span class="live-number">
        {metric === null ? alert.metric : inLanguage(metric.name, preferences.language.value)}{' '}
        {alert.value === 0 ? words.latest.no : words.latest.yes}
      </span>
    )
  return (
    <>
      <span class="live-number">{numbers.value}</span>
      {numbers.shortLimit !== null && (
        <span class="limit">
          {' '}
          / {words.alerts.limit} {numbers.shortLimit}
        </span>
      )}
    </>
  )
}
