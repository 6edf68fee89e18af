// The latest tickets by id, from the list and the stream, in bounded number: the oldest settled ones give way.

import { isSettled } from '../api/ticket.ts'
import type { Ticket } from '../api/ticket.ts'

export interface TicketBook {
  take(tickets: readonly Ticket[]): void
  get(id: string): Ticket | undefined
  /** Newest first. */
  all(): readonly Ticket[]
  readonly size: number
}

export const TICKETS_MAX = 5_000

export function createTicketBook(ticketsMax = TICKETS_MAX): TicketBook {
  const tickets = new Map<string, Ticket>()

  function makeRoom(): void {
    if (tickets.size <= ticketsMax) return
    const byAge = [...tickets.values()].sort(
      (a, b) => Number(isSettled(b)) - Number(isSettled(a)) || a.openedAt - b.openedAt,
    )
    for (const ticket of byAge.slice(0, tickets.size - ticketsMax)) tickets.delete(ticket.id)
  }

  return {
    take(changed) {
      for (const ticket of changed) tickets.set(ticket.id, ticket)
      makeRoom()
    },
    get: (id) => tickets.get(id),
    all: () =>
      [...tickets.values()].sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1)),
    get size() {
      return tickets.size
    },
  }
}
