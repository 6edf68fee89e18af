// Reads the names that no device has, the one heard last first.

import type { StateReader, Stranger } from '../../ports.ts'
import { numberIn, textIn } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'
import { listPage, type List } from './list-page.ts'

const strangersNewestFirst: List<Stranger> = {
  table: 'strangers',
  order: ['last_at', 'name'],
  direction: 'DESC',
  columns: 'first_at, count, client, topic',
  read: (row) => ({
    name: textIn(row, 'name'),
    firstAt: numberIn(row, 'first_at'),
    lastAt: numberIn(row, 'last_at'),
    count: numberIn(row, 'count'),
    client: textIn(row, 'client'),
    topic: textIn(row, 'topic'),
  }),
}

export function createStrangerPages(prepared: Statements): Pick<StateReader, 'strangers'> {
  return { strangers: (paging) => listPage(prepared, strangersNewestFirst, [], paging) }
}
