// The ticket as JSON: the same in lists, in the single view and on the stream.

import { z } from 'zod'
import { formatPosition } from '../core/position.ts'
import type { HistoryEntry, Ticket } from '../core/tickets/ticket.ts'
import { severitySchema, textSchema } from './alert-view.ts'
import type { Times } from './times.ts'

export const deliveryStates = ['queued', 'delivered', 'retrying', 'rejected'] as const

export const ticketSchema = z.object({
  id: z.string(),
  alert: z.string(),
  device: z.string(),
  deviceName: z.string(),
  type: z.string(),
  division: z.string(),
  rule: z.string(),
  severity: severitySchema,
  state: z.enum([
    'reported',
    'accepted',
    'filed',
    'dispatched',
    'in_progress',
    'returned',
    'suspended',
    'fed_back',
    'checking',
    'rework',
    'closed',
    'not_filed',
  ]),
  caseNo: z.string().nullable(),
  openedAt: z.string(),
  deadline: z.string(),
  text: textSchema,
  delivery: z.object({
    state: z.enum(deliveryStates),
    attempts: z.number().int(),
    lastError: z.string().nullable(),
    nextAt: z.string().nullable(),
  }),
  simulated: z.boolean(),
  revision: z.string(),
})

export const historySchema = z.array(
  z.object({ at: z.string(), by: z.string(), what: z.string(), note: z.string().nullable() }),
)

export type TicketView = z.output<typeof ticketSchema>

export function ticketView(ticket: Ticket, times: Times): TicketView {
  return {
    id: ticket.id,
    alert: ticket.alert,
    device: ticket.device,
    deviceName: ticket.deviceName,
    type: ticket.type,
    division: ticket.division,
    rule: ticket.rule,
    severity: ticket.severity,
    state: ticket.state,
    caseNo: ticket.caseNo,
    openedAt: times.iso(ticket.openedAt),
    deadline: times.iso(ticket.deadline),
    text: { zh: ticket.text.zh, en: ticket.text.en },
    delivery: {
      state: ticket.delivery.state,
      attempts: ticket.delivery.attempts,
      lastError: ticket.delivery.lastError,
      nextAt: times.isoOrNull(ticket.delivery.nextAt),
    },
    simulated: ticket.simulated,
    revision: formatPosition(ticket.revision),
  }
}

/** Also fits an alert's timeline, which has the same fields. */
export function historyView(
  entries: readonly HistoryEntry[],
  times: Times,
): z.output<typeof historySchema> {
  return entries.map(({ at, by, what, note }) => ({ at: times.iso(at), by, what, note }))
}
