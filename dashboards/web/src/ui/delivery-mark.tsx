// How far a ticket's way to the case system has come: sign and word.

import type { Ticket } from '../api/ticket.ts'
import { useApp } from '../app/context.ts'
import { minuteTime } from '../fmt/time.ts'
import { Icon } from './icon.tsx'
import type { IconName } from './icon.tsx'

const icons: Readonly<Record<Ticket['delivery']['state'], IconName>> = {
  delivered: 'check',
  queued: 'queue',
  retrying: 'retry',
  rejected: 'cross',
}

export function DeliveryMark(props: { readonly ticket: Ticket; readonly isFull?: boolean }) {
  const words = useApp().preferences.words.value.delivery
  const { state, attempts, lastError, nextAt } = props.ticket.delivery
  const word = state === 'retrying' ? words.retrying(attempts) : words[state]
  const reason = state === 'delivered' || lastError === null ? '' : lastError
  const next = state === 'retrying' && nextAt !== null ? words.nextAt(minuteTime(nextAt)) : ''
  const text =
    props.isFull === true && state === 'rejected' && reason !== '' ? words.reason(reason) : word
  return (
    <span
      class={`delivery delivery-${state}`}
      title={[word, reason, next].filter(Boolean).join(' · ')}
    >
      <Icon name={icons[state]} />
      <span class="delivery-word">{text}</span>
    </span>
  )
}
