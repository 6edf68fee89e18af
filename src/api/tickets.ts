// /tickets: our side of the cases, and how far the errand to the case system has come.

import { z } from 'zod'
import type { Ticket } from '../core/tickets/ticket.ts'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import { listOf, pagingQuery, readPage, shortText } from './lists.ts'
import { command } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'
import {
  deliveryStates,
  historySchema,
  historyView,
  ticketSchema,
  ticketView,
} from './ticket-view.ts'
import type { Times } from './times.ts'

const fullTicketSchema = ticketSchema.extend({ history: historySchema })
const idParams = z.object({ id: z.string() })

export function ticketRoutes(app: Server, parts: ApiParts, times: Times): void {
  app.get(
    '/tickets',
    {
      config: { access: access.read },
      schema: {
        tags: ['tickets'],
        summary: 'Tickets, newest first',
        querystring: z.strictObject({
          delivery: z.enum(deliveryStates).optional(),
          device: shortText.optional(),
          division: shortText.optional(),
          ...pagingQuery,
        }),
        response: { 200: listOf(ticketSchema) },
      },
    },
    (request) => {
      const { delivery, device, division } = request.query
      const filter = {
        delivery: delivery ?? null,
        device: device ?? null,
        division: division ?? null,
      }
      return readPage(
        request.query,
        (paging) => parts.reader.tickets(filter, paging),
        (ticket: Ticket) => ticketView(ticket, times),
      )
    },
  )

  app.get(
    '/tickets/:id',
    {
      config: { access: access.read },
      schema: {
        tags: ['tickets'],
        summary: 'One ticket with its history',
        params: idParams,
        response: { 200: fullTicketSchema },
      },
    },
    (request) => present(request.params.id),
  )

  app.post(
    '/tickets/:id/retry',
    {
      config: { access: access.operate },
      schema: {
        tags: ['tickets'],
        summary: 'Send a ticket again that was refused or waits for its next attempt',
        params: idParams,
        response: { 200: fullTicketSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      await command(parts.submit, principalOf(request).name, { kind: 'ticket.retry', id })
      return present(id)
    },
  )

  function present(id: string) {
    const found = parts.reader.ticket(id)
    if (found === null) throw new ApiError('not_found', `Expected the id of a ticket, got "${id}"`)
    return { ...ticketView(found.ticket, times), history: historyView(found.history, times) }
  }
}
