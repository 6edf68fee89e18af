// How much time is left for a ticket, counting down.

import { isSettled } from '../../api/ticket.ts'
import type { Ticket } from '../../api/ticket.ts'
import { useApp } from '../../app/context.ts'
import { dateTime, span } from '../../fmt/time.ts'

export function Deadline(props: { readonly ticket: Ticket }) {
  const { city, preferences } = useApp()
  const words = preferences.words.value
  const { deadline } = props.ticket
  if (deadline === null) return <span class="muted">{words.missing}</span>
  if (isSettled(props.ticket)) return <span class="muted">{words.tickets.done}</span>
  const leftMs = deadline - city.now.value
  return (
    <time
      class={leftMs < 0 ? 'is-overdue' : undefined}
      dateTime={new Date(deadline).toISOString()}
      title={dateTime(deadline)}
    >
      {leftMs < 0
        ? words.tickets.overdue(span(-leftMs, words))
        : words.tickets.left(span(leftMs, words))}
    </time>
  )
}
