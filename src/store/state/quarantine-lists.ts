// Reads the quarantine: what was refused, newest first, and how much of it there ever was.

import type { Quarantined } from '../../core/messages/reading.ts'
import type { StateReader } from '../../ports.ts'
import { bytesIn, jsonIn, numberIn, textIn, type Row } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'
import { equalities, listPage, type List } from './list-page.ts'

/** The payload stands beside the item, or once for all parts of its message. */
const COLUMNS = `document, coalesce(
  (SELECT whole.payload FROM quarantine_payloads AS whole
   WHERE length(quarantine.payload) = 0 AND whole.place = substr(quarantine.id, 1, instr(quarantine.id, '.') - 1)),
  quarantine.payload) AS payload`

const quarantineNewestFirst: List<Quarantined> = {
  table: 'quarantine',
  order: ['number'],
  direction: 'DESC',
  columns: COLUMNS,
  read: quarantinedIn,
}

export function createQuarantineLists(
  prepared: Statements,
): Pick<StateReader, 'quarantine' | 'quarantined' | 'quarantineCounts'> {
  return {
    quarantine({ device, code }, paging) {
      return listPage(prepared, quarantineNewestFirst, equalities({ device, code }), paging)
    },
    quarantined(ids) {
      // In the order they were asked for; ids that are gone or never were are left out.
      return ids.flatMap((id) => {
        const row = prepared(`SELECT ${COLUMNS} FROM quarantine WHERE id = ?`).get(id)
        return row === undefined ? [] : [quarantinedIn(row)]
      })
    },
    quarantineCounts(device) {
      const rows =
        device === undefined
          ? prepared('SELECT code, total FROM quarantine_counts ORDER BY code').all()
          : prepared(
              'SELECT code, count(*) AS total FROM quarantine WHERE device = ? GROUP BY code ORDER BY code',
            ).all(device)
      return Object.fromEntries(rows.map((row) => [textIn(row, 'code'), numberIn(row, 'total')]))
    },
  }
}

function quarantinedIn(row: Row): Quarantined {
  return {
    ...jsonIn<Omit<Quarantined, 'payload'>>(row, 'document'),
    payload: bytesIn(row, 'payload'),
  }
}
