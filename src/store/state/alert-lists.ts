// Reads alerts: the standing list, one alert with its timeline, and how many are active.

import type { Alert, TimelineEntry } from '../../core/alerts/alert.ts'
import type { StateReader } from '../../ports.ts'
import { jsonIn, numberIn, textIn } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'
import { equalities, listPage, type List } from './list-page.ts'

const alertsInOrder: List<Alert> = {
  table: 'alerts',
  order: ['closed', 'severity', 'age', 'id'],
  direction: 'ASC',
  columns: 'document',
  read: (row) => jsonIn(row, 'document'),
}

/** An alert is active until it is closed: one that has returned to normal stays on the list until someone has seen it. */
export function createAlertLists(
  prepared: Statements,
): Pick<StateReader, 'alerts' | 'alert' | 'activeAlertCounts'> {
  return {
    alerts({ state, severity, division, type, device }, paging) {
      const conditions = [...equalities({ division, type, device })]
      if (state === 'active') conditions.push({ sql: 'closed = 0', parameters: [] })
      // One parameter however many severities are asked for.
      if (severity !== null)
        conditions.push({
          sql: 'severity IN (SELECT value FROM json_each(?))',
          parameters: [JSON.stringify(severity)],
        })
      return listPage(prepared, alertsInOrder, conditions, paging)
    },
    alert(id) {
      const row = prepared('SELECT document FROM alerts WHERE id = ?').get(id)
      if (row === undefined) return null
      const timeline = prepared(
        'SELECT entry FROM timeline WHERE alert = ? ORDER BY position, ordinal',
      ).all(id)
      return {
        alert: jsonIn<Alert>(row, 'document'),
        timeline: timeline.map((entry) => jsonIn<TimelineEntry>(entry, 'entry')),
      }
    },
    activeAlertCounts() {
      const rows = prepared(
        'SELECT severity, count(*) AS total FROM alerts WHERE closed = 0 GROUP BY severity',
      ).all()
      return Object.fromEntries(
        rows.map((row) => [textIn(row, 'severity'), numberIn(row, 'total')]),
      )
    },
  }
}
