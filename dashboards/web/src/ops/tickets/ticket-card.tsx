// The ticket of an alert: where its case stands, how its delivery went, and its history.

import { useEffect } from 'preact/hooks'
import { readTicket } from '../../api/ticket.ts'
import { useApp } from '../../app/context.ts'
import { useResource } from '../../app/use-resource.ts'
import { wordFor } from '../../i18n/words.ts'
import { DeliveryMark } from '../../ui/delivery-mark.tsx'
import { FailurePanel, Skeleton } from '../../ui/state-panel.tsx'
import { HistoryList } from '../history-list.tsx'
import { Deadline } from './deadline.tsx'
import { RetryButton } from './retry-button.tsx'

export function TicketCard(props: { readonly id: string }) {
  const { api, city, preferences } = useApp()
  const words = preferences.words.value
  void city.ticketsVersion.value
  const listed = city.tickets.get(props.id)
  const [loaded, reload] = useResource(props.id, async (signal) =>
    readTicket(await api.get(`/tickets/${encodeURIComponent(props.id)}`, signal)),
  )
  const stage = `${listed?.state ?? ''}${listed?.delivery.state ?? ''}${listed?.delivery.attempts ?? 0}`
  useEffect(() => {
    if (loaded.kind !== 'loading') reload()
  }, [stage])
  const full = loaded.kind === 'ready' ? loaded.value : null
  const ticket = listed ?? full
  if (ticket === null || ticket === undefined)
    return loaded.kind === 'failed' ? (
      <FailurePanel what={words.drawer.ticket} error={loaded.error} onRetry={reload} />
    ) : (
      <Skeleton rows={3} />
    )
  return (
    <>
      <dl class="facts is-ticket">
        <div>
          <dt>{words.tickets.columns.state}</dt>
          <dd>{wordFor(words.ticketState, ticket.state)}</dd>
        </div>
        <div>
          <dt>{words.drawer.caseNo}</dt>
          <dd class="case-number">{ticket.caseNo ?? words.missing}</dd>
        </div>
        <div>
          <dt>{words.tickets.columns.deadline}</dt>
          <dd>
            <Deadline ticket={ticket} />
          </dd>
        </div>
        <div class="is-whole">
          <dt>{words.tickets.columns.delivery}</dt>
          <dd class="delivery-line">
            <DeliveryMark ticket={ticket} isFull />
            <RetryButton ticket={ticket} />
          </dd>
        </div>
      </dl>
      {full !== null && full.history.length > 0 && <HistoryList entries={full.history} />}
    </>
  )
}
