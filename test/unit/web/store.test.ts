// The alert store against a reference: whatever the network does to the stream, the store ends where the server is.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert, AlertState } from '../../../dashboards/web/src/api/alert.ts'
import { CLOSED_KEPT_MS, createAlertStore } from '../../../dashboards/web/src/live/store.ts'
import type { AlertPatch, AlertStore } from '../../../dashboards/web/src/live/store.ts'
import { alertWith } from './alert-fixture.ts'

const EPOCH = 'e1'

interface Change {
  readonly alert: number
  readonly state: AlertState | 'removed'
  /** What the network does with the batch that carries it. */
  readonly fate: 'in order' | 'twice' | 'late' | 'dropped'
}

const change: fc.Arbitrary<Change> = fc.record({
  alert: fc.integer({ min: 0, max: 11 }),
  state: fc.constantFrom('unack_active', 'acked_active', 'rtn_unack', 'closed', 'removed'),
  fate: fc.constantFrom('in order', 'in order', 'in order', 'twice', 'late', 'dropped'),
})

/** The server: the truth, and the ring from which it answers `since`. */
function createServer() {
  const truth = new Map<string, Alert>()
  const ring: { seq: number; patches: AlertPatch[] }[] = []
  return {
    truth,
    ring,
    make({ alert, state }: Change): { seq: number; patches: AlertPatch[] } {
      const seq = ring.length + 1
      const id = `A${alert}`
      if (state === 'closed' || state === 'removed') truth.delete(id)
      else truth.set(id, alertWith({ id, state, count: seq }))
      const patch: AlertPatch =
        state === 'removed'
          ? { op: 'rm', id }
          : { op: 'up', alert: alertWith({ id, state, count: seq }) }
      const batch = { seq, patches: [patch] }
      ring.push(batch)
      return batch
    },
  }
}

function openOnes(store: AlertStore): Map<string, Alert> {
  const open = new Map<string, Alert>()
  for (const alert of store.all()) if (alert.state !== 'closed') open.set(alert.id, alert)
  return open
}

describe('alert store', () => {
  it('equals the server after any drops, repetitions and reorderings, once its holes are filled', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
        const server = createServer()
        const store = createAlertStore()
        store.replace([], { epoch: EPOCH, seq: 0 }, 0)
        const late: { seq: number; patches: AlertPatch[] }[] = []
        for (const one of changes) {
          const batch = server.make(one)
          const deliver = (): unknown =>
            store.receive({ epoch: EPOCH, seq: batch.seq }, batch.patches, batch.seq)
          if (one.fate === 'late') late.unshift(batch)
          else if (one.fate !== 'dropped') deliver()
          if (one.fate === 'twice') deliver()
          if (late.length > 3)
            for (const held of late.splice(0))
              store.receive({ epoch: EPOCH, seq: held.seq }, held.patches, batch.seq)
        }
        // The connection is made again: the server sends everything after the place the store names.
        const since = store.resumeFrom()?.seq ?? 0
        for (const batch of server.ring)
          if (batch.seq > since)
            store.receive({ epoch: EPOCH, seq: batch.seq }, batch.patches, batch.seq)
        expect(openOnes(store)).toEqual(server.truth)
        expect(store.hasHole()).toBe(false)
        expect(store.resumeFrom()).toEqual({ epoch: EPOCH, seq: server.ring.length })
      }),
      { numRuns: 1_000 },
    )
  })

  it('equals the server after 10,000 random events', () => {
    const server = createServer()
    const store = createAlertStore()
    store.replace([], { epoch: EPOCH, seq: 0 }, 0)
    for (const one of fc.sample(change, { numRuns: 10_000, seed: 35 })) {
      const batch = server.make(one)
      if (one.fate !== 'dropped')
        store.receive({ epoch: EPOCH, seq: batch.seq }, batch.patches, batch.seq)
      if (batch.seq % 500 === 0)
        for (const missed of server.ring.slice(store.resumeFrom()?.seq ?? 0))
          store.receive({ epoch: EPOCH, seq: missed.seq }, missed.patches, batch.seq)
    }
    expect(openOnes(store)).toEqual(server.truth)
  })

  it('does not bring an alert back when two removals and an older patch come in the wrong order', () => {
    const store = createAlertStore()
    store.replace([alertWith({ id: 'a' })], { epoch: EPOCH, seq: 0 }, 0)
    const at = (seq: number) => ({ epoch: EPOCH, seq })
    store.receive(at(5), [{ op: 'rm', id: 'a' }], 0)
    store.receive(at(3), [{ op: 'rm', id: 'a' }], 0)
    store.receive(at(4), [{ op: 'up', alert: alertWith({ id: 'a' }) }], 0)
    expect(store.get('a')).toBeUndefined()
  })

  it('asks for a new snapshot when the server began a new epoch or the hole is too large', () => {
    const store = createAlertStore()
    store.replace([], { epoch: EPOCH, seq: 5 }, 0)
    expect(store.receive({ epoch: 'e2', seq: 6 }, [], 0)).toBe('lost')
    expect(store.receive({ epoch: EPOCH, seq: 5_000 }, [], 0)).toBe('lost')
    expect(store.receive({ epoch: EPOCH, seq: 5 }, [], 0)).toBe('duplicate')
  })

  it('keeps a closed alert for a while, and one that a new snapshot no longer has', () => {
    const store = createAlertStore()
    store.replace([alertWith({ id: 'a' }), alertWith({ id: 'b' })], { epoch: EPOCH, seq: 0 }, 0)
    store.receive(
      { epoch: EPOCH, seq: 1 },
      [{ op: 'up', alert: alertWith({ id: 'a', state: 'closed' }) }],
      1_000,
    )
    store.replace([], { epoch: 'e2', seq: 0 }, 2_000)
    store.sweep(1_000 + CLOSED_KEPT_MS - 1)
    expect(store.get('a')?.state).toBe('closed')
    expect(store.get('b')?.state).toBe('closed')
    store.sweep(1_000 + CLOSED_KEPT_MS)
    expect(store.get('a')).toBeUndefined()
    expect(store.get('b')?.state).toBe('closed')
  })

  it('shows an acknowledgement at once and takes it back when the server refuses', () => {
    const store = createAlertStore()
    store.replace([alertWith({ id: 'a' })], { epoch: EPOCH, seq: 0 }, 0)
    store.acknowledge('a', { by: 'li', at: 7 })
    expect(store.get('a')).toMatchObject({ state: 'acked_active', ackedBy: 'li', ackedAt: 7 })
    store.rollBack('a')
    expect(store.get('a')).toMatchObject({ state: 'unack_active', ackedBy: null })
    store.acknowledge('a', { by: 'li', at: 8 })
    store.confirm('a')
    expect(store.isPending('a')).toBe(false)
    expect(store.get('a')).toMatchObject({ state: 'acked_active', ackedAt: 8 })
  })

  it('lets the word of the server win over a pending acknowledgement', () => {
    const store = createAlertStore()
    store.replace([alertWith({ id: 'a' })], { epoch: EPOCH, seq: 0 }, 0)
    store.acknowledge('a', { by: 'me', at: 7 })
    const byWang = alertWith({ id: 'a', state: 'acked_active', ackedBy: 'wang' })
    store.receive({ epoch: EPOCH, seq: 1 }, [{ op: 'up', alert: byWang }], 9)
    store.rollBack('a')
    expect(store.get('a')?.ackedBy).toBe('wang')
  })

  it('counts what it refuses when it is full', () => {
    const store = createAlertStore(2)
    const alerts = ['a', 'b', 'c'].map((id) => alertWith({ id }))
    store.replace(alerts, { epoch: EPOCH, seq: 0 }, 0)
    const patch: AlertPatch = { op: 'up', alert: alertWith({ id: 'd' }) }
    store.receive({ epoch: EPOCH, seq: 1 }, [patch], 0)
    expect([store.size, store.refused]).toEqual([2, 2])
  })
})
