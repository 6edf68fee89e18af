// Asking for another delivery of a ticket that the case system refused, or whose next attempt is still far.

import type { Ticket } from '../../api/ticket.ts'
import { failureText } from '../../app/notices.ts'
import type { App } from '../../app/context.ts'

export function canRetry(ticket: Ticket): boolean {
  return ticket.delivery.state === 'rejected' || ticket.delivery.state === 'retrying'
}

export async function retryDelivery(app: App, ticket: Ticket): Promise<void> {
  const words = app.preferences.words.peek()
  try {
    app.city.takeTicket(await app.api.post(`/tickets/${encodeURIComponent(ticket.id)}/retry`))
    app.notices.add('done', words.tickets.retryAsked)
  } catch (error) {
    app.notices.add('failed', words.tickets.retryFailed(failureText(error, words)))
  }
}
