// The tickets: where each case stands, whether the case system has it, and how much time is left.

import { useMemo } from 'preact/hooks'
import type { Ticket } from '../../api/ticket.ts'
import { ruleOf } from '../../api/catalogue.ts'
import { alertPath, devicePath } from '../../app/route.ts'
import { useApp } from '../../app/context.ts'
import { compactCount } from '../../fmt/number.ts'
import { inLanguage, wordFor } from '../../i18n/words.ts'
import { DeliveryMark } from '../../ui/delivery-mark.tsx'
import { Moment } from '../../ui/moment.tsx'
import { SeverityMark } from '../../ui/severity-mark.tsx'
import { SimulatedTag } from '../../ui/simulated-tag.tsx'
import { StatePanel } from '../../ui/state-panel.tsx'
import { Deadline } from './deadline.tsx'
import { RetryButton } from './retry-button.tsx'
import { belongsTo, isTicketTab, ticketTabs } from './ticket-filter.ts'
import type { TicketTab } from './ticket-filter.ts'

/** Newest first; whoever needs older ones asks the case system. */
const ROWS_MAX = 500

export function TicketDesk() {
  const { city, preferences, router } = useApp()
  const words = preferences.words.value
  const version = city.ticketsVersion.value
  // Read because the names of the devices come with the alerts.
  void city.alertsVersion.value
  const tickets = useMemo(() => city.tickets.all(), [version])
  const asked = router.query.value.get('tab')
  const tab: TicketTab = isTicketTab(asked) ? asked : 'open'
  const names: Readonly<Record<TicketTab, string>> = {
    open: words.tickets.filterOpen,
    undelivered: words.tickets.filterUndelivered,
    rejected: words.tickets.filterRejected,
    all: words.tickets.filterAll,
  }
  const matching = tickets.filter((ticket) => belongsTo(tab, ticket))
  const shown = matching.slice(0, ROWS_MAX)
  const { columns } = words.tickets
  return (
    <div class="desk">
      <section class="desk-main">
        <div class="toolbar">
          <h1 class="toolbar-title">{words.tickets.title}</h1>
          <div class="segments" role="group" aria-label={words.tickets.title}>
            {ticketTabs.map((one) => (
              <button
                key={one}
                type="button"
                class={`segment${one === 'rejected' ? ' is-rejected' : ''}`}
                aria-pressed={one === tab}
                onClick={() => router.setQuery({ tab: one })}
              >
                <span>{names[one]}</span>
                <strong>
                  {compactCount(tickets.filter((ticket) => belongsTo(one, ticket)).length, words)}
                </strong>
              </button>
            ))}
          </div>
        </div>
        <div class="table-area">
          {shown.length === 0 ? (
            <StatePanel
              title={
                tickets.length === 0 ? words.tickets.empty : words.tickets.hidden(tickets.length)
              }
              {...(tickets.length === 0 ? { detail: words.tickets.emptyDetail } : {})}
            />
          ) : (
            <table class="list-table ticket-table">
              <thead>
                <tr>
                  <th scope="col">{columns.severity}</th>
                  <th scope="col">{columns.device}</th>
                  <th scope="col">{columns.what}</th>
                  <th scope="col">{columns.state}</th>
                  <th scope="col">{columns.caseNo}</th>
                  <th scope="col">{columns.delivery}</th>
                  <th scope="col">{columns.deadline}</th>
                  <th scope="col">{columns.opened}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((ticket) => (
                  <TicketRow key={ticket.id} ticket={ticket} />
                ))}
              </tbody>
            </table>
          )}
        </div>
        <footer class="desk-foot">
          <span>{words.alerts.shown(shown.length, tickets.length)}</span>
          {(city.areTicketsTruncated.value || matching.length > ROWS_MAX) && (
            <span class="muted">{words.tickets.truncated(shown.length)}</span>
          )}
        </footer>
      </section>
    </div>
  )
}

function TicketRow(props: { readonly ticket: Ticket }) {
  const { city, preferences } = useApp()
  const words = preferences.words.value
  const { ticket } = props
  const rule = ruleOf(city.catalogue.value, ticket.type, ticket.rule)
  return (
    <tr>
      <td>
        <SeverityMark severity={ticket.severity} />
      </td>
      <td>
        <a class="row-link" href={devicePath(ticket.device)} data-user-text>
          {ticket.deviceName}
        </a>{' '}
        <SimulatedTag when={ticket.simulated} />
      </td>
      <td>
        <a
          href={alertPath(ticket.alert)}
          title={inLanguage(ticket.text, preferences.language.value)}
        >
          {inLanguage(rule?.name ?? ticket.text, preferences.language.value)}
        </a>
      </td>
      <td>{wordFor(words.ticketState, ticket.state)}</td>
      <td>
        {ticket.caseNo === null ? (
          <span class="muted">{words.missing}</span>
        ) : (
          <span class="case-number">{ticket.caseNo}</span>
        )}
      </td>
      <td>
        <span class="delivery-line">
          <DeliveryMark ticket={ticket} isFull />
          <RetryButton ticket={ticket} />
        </span>
      </td>
      <td class="is-nowrap">
        <Deadline ticket={ticket} />
      </td>
      <td class="is-nowrap muted">
        <Moment at={ticket.openedAt} />
      </td>
    </tr>
  )
}
