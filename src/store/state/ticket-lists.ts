// Reads tickets: lists, one ticket with its history, and what still has to go to the case system.

import type { CaseReport, HistoryEntry, Ticket } from '../../core/tickets/ticket.ts'
import type { StateReader } from '../../ports.ts'
import { jsonIn } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'
import { equalities, listPage, type List } from './list-page.ts'
import { UNDELIVERED } from './schema.ts'

const ticketsNewestFirst: List<Ticket> = {
  table: 'tickets',
  order: ['opened_at', 'id'],
  direction: 'DESC',
  columns: 'document',
  read: (row) => jsonIn(row, 'document'),
}

export function createTicketLists(
  prepared: Statements,
): Pick<StateReader, 'tickets' | 'ticket' | 'ticketByCase' | 'outbox'> {
  return {
    tickets({ delivery, device, division }, paging) {
      return listPage(
        prepared,
        ticketsNewestFirst,
        equalities({ delivery, device, division }),
        paging,
      )
    },
    ticket(id) {
      const row = prepared('SELECT document FROM tickets WHERE id = ?').get(id)
      if (row === undefined) return null
      const history = prepared(
        'SELECT entry FROM history WHERE ticket = ? ORDER BY position, ordinal',
      ).all(id)
      return {
        ticket: jsonIn<Ticket>(row, 'document'),
        history: history.map((entry) => jsonIn<HistoryEntry>(entry, 'entry')),
      }
    },
    ticketByCase(caseNo) {
      const row = prepared(
        'SELECT document FROM tickets WHERE case_no = ? ORDER BY opened_at DESC, id DESC LIMIT 1',
      ).get(caseNo)
      return row === undefined ? null : jsonIn<Ticket>(row, 'document')
    },
    outbox(limit) {
      return prepared(
        `SELECT document, report FROM tickets WHERE ${UNDELIVERED} ORDER BY opened_at, id LIMIT ?`,
      )
        .all(limit)
        .map((row) => ({
          ticket: jsonIn<Ticket>(row, 'document'),
          report: jsonIn<CaseReport>(row, 'report'),
        }))
    },
  }
}
