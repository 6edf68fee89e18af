// The table of the alert's life: state, event, next state.

import { describe, expect, it } from 'vitest'
import type { Alert, AlertState } from '../../../src/core/alerts/alert.ts'
import { reduceAlert } from '../../../src/core/alerts/lifecycle.ts'
import type { AlertEvent, Evidence } from '../../../src/core/alerts/lifecycle.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Severity } from '../../../src/core/rule.ts'

const evidence: Evidence = {
  value: 42,
  limit: 30,
  unit: 'mA',
  metric: 'leakage_current',
  because: { code: 'above', params: {} },
  text: { zh: '漏电', en: 'leakage' },
}

const events: Readonly<Record<string, AlertEvent>> = {
  again: { kind: 'raised_again' },
  return: { kind: 'returned', at: 500 },
  ack: { kind: 'acknowledged', by: 'op', comment: 'on my way' },
  comment: { kind: 'commented', by: 'op', text: 'hm' },
  remove: { kind: 'removed', by: 'op', note: 'gone' },
}

function alertIn(state: AlertState, severity: Severity): Alert {
  return {
    id: 'A.x.LEAKAGE.1',
    device: 'x',
    type: 'streetlight',
    division: '150802',
    deviceName: 'x',
    street: null,
    rule: 'LEAKAGE',
    severity,
    state,
    raisedAt: 100,
    since: 50,
    ...evidence,
    value: 40,
    ticket: null,
    parent: null,
    children: 0,
    count: 1,
    ackedAt: null,
    ackedBy: null,
    returnedAt: null,
    closedAt: null,
    simulated: false,
    revision: positionAt(1),
  }
}

const table: readonly [Severity, AlertState, string, AlertState | 'nothing'][] = [
  ['P1', 'unack_active', 'again', 'nothing'],
  ['P1', 'unack_active', 'ack', 'acked_active'],
  ['P1', 'unack_active', 'return', 'rtn_unack'],
  ['P1', 'unack_active', 'comment', 'unack_active'],
  ['P1', 'unack_active', 'remove', 'closed'],
  ['P1', 'acked_active', 'again', 'nothing'],
  ['P1', 'acked_active', 'ack', 'nothing'],
  ['P1', 'acked_active', 'return', 'closed'],
  ['P1', 'acked_active', 'remove', 'closed'],
  ['P1', 'rtn_unack', 'again', 'unack_active'],
  ['P1', 'rtn_unack', 'ack', 'closed'],
  ['P1', 'rtn_unack', 'return', 'nothing'],
  ['P1', 'rtn_unack', 'remove', 'closed'],
  ['P1', 'closed', 'again', 'nothing'],
  ['P1', 'closed', 'ack', 'nothing'],
  ['P1', 'closed', 'return', 'nothing'],
  ['P1', 'closed', 'comment', 'closed'],
  ['P1', 'closed', 'remove', 'nothing'],
  ['P2', 'unack_active', 'return', 'rtn_unack'],
  ['P3', 'unack_active', 'return', 'closed'],
  ['P3', 'acked_active', 'return', 'closed'],
]

describe('reduceAlert()', () => {
  it.each(table)('%s %s, %s -> %s', (severity, from, name, to) => {
    const event = events[name]
    if (event === undefined) throw new Error(`No event ${name}`)
    const step = reduceAlert(alertIn(from, severity), event, evidence, 900, positionAt(7))
    if (to === 'nothing') {
      expect(step).toBeNull()
      return
    }
    expect(step?.alert.state).toBe(to)
    expect(step?.alert.revision).toBe(positionAt(7))
    expect(step?.alert.closedAt).toBe(to === 'closed' && from !== 'closed' ? 900 : null)
    expect(step?.entry.at).toBe(900)
  })

  it('counts what comes back and forgets the return', () => {
    const returned = { ...alertIn('rtn_unack', 'P1'), returnedAt: 400 }
    const step = reduceAlert(returned, { kind: 'raised_again' }, evidence, 900, positionAt(7))
    expect(step?.alert).toMatchObject({ count: 2, returnedAt: null, value: 42, since: 50 })
  })
})
