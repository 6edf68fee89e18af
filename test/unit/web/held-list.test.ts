// The list that does not jump: what is merged at once, what waits, and in which order rows stand.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertStates, severities } from '../../../dashboards/web/src/api/alert.ts'
import { compareAlerts, everyAlert } from '../../../dashboards/web/src/live/alert-order.ts'
import { emptyView, nextView } from '../../../dashboards/web/src/live/held-list.ts'
import { CLOSED_KEPT_MS, createAlertStore } from '../../../dashboards/web/src/live/store.ts'
import { alertWith } from './alert-fixture.ts'

const AT = { epoch: 'e', seq: 0 }
const merge = { merge: true, known: true, now: 0 }
const hold = { merge: false, known: true, now: 0 }

function ids(rows: readonly { readonly id: string }[]): string {
  return rows.map((row) => row.id).join(' ')
}

describe('alert order', () => {
  it('is unacknowledged first, then severity, then newest, and total', () => {
    const alert = fc.record({
      id: fc.string({ minLength: 1, maxLength: 4 }),
      state: fc.constantFrom(...alertStates),
      severity: fc.constantFrom(...severities),
      raisedAt: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(alert, { maxLength: 30 }), (seeds) => {
        const sorted = seeds.map((seed) => alertWith(seed)).sort(compareAlerts)
        for (const [index, b] of sorted.entries()) {
          const a = sorted[index - 1]
          if (a === undefined) continue
          const byState = alertStates.indexOf(a.state) - alertStates.indexOf(b.state)
          expect(byState).toBeLessThanOrEqual(0)
          if (byState === 0) expect(a.severity <= b.severity).toBe(true)
          if (byState === 0 && a.severity === b.severity)
            expect(a.raisedAt).toBeGreaterThanOrEqual(b.raisedAt)
        }
      }),
    )
  })
})

describe('held list', () => {
  it('patches rows in place and holds new ones back while somebody reads', () => {
    const store = createAlertStore()
    store.replace([alertWith({ id: 'a' }), alertWith({ id: 'b', raisedAt: 500 })], AT, 0)
    const first = nextView(emptyView, store, everyAlert, merge)
    expect(ids(first.rows)).toBe('a b')
    store.receive(
      { epoch: 'e', seq: 1 },
      [
        { op: 'up', alert: alertWith({ id: 'new', severity: 'P1' }) },
        { op: 'up', alert: alertWith({ id: 'a', state: 'acked_active' }) },
      ],
      0,
    )
    const held = nextView(first, store, everyAlert, hold)
    expect(ids(held.rows)).toBe('a b')
    expect(held.rows[0]?.state).toBe('acked_active')
    expect(held.rows[1]).toBe(first.rows[1])
    expect([held.heldCount, held.heldCritical]).toEqual([1, 1])
    const merged = nextView(held, store, everyAlert, merge)
    expect(ids(merged.rows)).toBe('new b a')
    expect([...merged.fresh]).toEqual(['new'])
    expect(merged.heldCount).toBe(0)
  })

  it('greys a resolved row where it stands and lets it go 30 s later, at a merge', () => {
    const store = createAlertStore()
    store.replace([alertWith({ id: 'a' }), alertWith({ id: 'b', raisedAt: 500 })], AT, 0)
    let view = nextView(emptyView, store, everyAlert, merge)
    const closed = alertWith({ id: 'a', state: 'closed' })
    store.receive({ epoch: 'e', seq: 1 }, [{ op: 'up', alert: closed }], 0)
    view = nextView(view, store, everyAlert, { ...merge, now: CLOSED_KEPT_MS - 1 })
    expect(ids(view.rows)).toBe('a b')
    store.sweep(CLOSED_KEPT_MS)
    view = nextView(view, store, everyAlert, { ...hold, now: CLOSED_KEPT_MS })
    expect(ids(view.rows)).toBe('a b')
    expect(view.rows[0]?.state).toBe('closed')
    view = nextView(view, store, everyAlert, { ...merge, now: CLOSED_KEPT_MS })
    expect(ids(view.rows)).toBe('b')
  })

  it('counts what the filter hides', () => {
    const store = createAlertStore()
    const alerts = [
      alertWith({ id: 'a', severity: 'P1' }),
      alertWith({ id: 'b', street: '新华街' }),
    ]
    store.replace(alerts, AT, 0)
    const critical = { ...everyAlert, severities: new Set(['P1'] as const) }
    const view = nextView(emptyView, store, critical, merge)
    expect([ids(view.rows), view.hiddenByFilter]).toEqual(['a', 1])
    const street = nextView(emptyView, store, { ...everyAlert, text: '新华 leak' }, merge)
    expect(ids(street.rows)).toBe('b')
  })

  it('shows after a merge exactly the open alerts, in order, whatever was held before', () => {
    const step = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      state: fc.constantFrom(...alertStates),
      severity: fc.constantFrom(...severities),
      raisedAt: fc.integer({ min: 0, max: 5 }),
      isReading: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = createAlertStore()
        store.replace([], AT, 0)
        let view = emptyView
        let now = 0
        for (const [index, { isReading, ...seed }] of steps.entries()) {
          const before = ids(view.rows)
          const alert = alertWith(seed)
          store.receive({ epoch: 'e', seq: index + 1 }, [{ op: 'up', alert }], now)
          store.sweep(now)
          view = nextView(view, store, everyAlert, { merge: !isReading, known: true, now })
          if (isReading) expect(ids(view.rows)).toBe(before)
          now += 7_000
        }
        now += CLOSED_KEPT_MS
        store.sweep(now)
        view = nextView(view, store, everyAlert, { ...merge, now })
        const oracle = [...store.all()].filter((a) => a.state !== 'closed').sort(compareAlerts)
        expect(view.rows).toEqual(oracle)
      }),
    )
  })
})
