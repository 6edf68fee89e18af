// Which tickets a tab of the ticket desk shows.

import { isSettled } from '../../api/ticket.ts'
import type { Ticket } from '../../api/ticket.ts'

export const ticketTabs = ['open', 'undelivered', 'rejected', 'all'] as const
export type TicketTab = (typeof ticketTabs)[number]

export function isTicketTab(text: string | null): text is TicketTab {
  return ticketTabs.some((tab) => tab === text)
}

export function belongsTo(tab: TicketTab, ticket: Ticket): boolean {
  switch (tab) {
    case 'open':
      return !isSettled(ticket)
    case 'undelivered':
      return ticket.delivery.state === 'queued' || ticket.delivery.state === 'retrying'
    case 'rejected':
      return ticket.delivery.state === 'rejected'
    case 'all':
      return true
  }
}
