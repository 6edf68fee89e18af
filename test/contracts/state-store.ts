// What a state store must do: apply effects once, whole and in order, and answer lists in pages that add up.

import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alerts/alert.ts'
import { positionAt } from '../../src/core/position.ts'
import type {
  AlertFilter,
  Page,
  Paging,
  PlacedEffect,
  StateReader,
  StateStore,
} from '../../src/ports.ts'
import {
  alert,
  alertEffect,
  device,
  deviceEffect,
  integrationEffect,
  latest,
  placed,
  refused,
  report,
  T0,
  ticket,
  ticketEffect,
} from './state-documents.ts'

export interface StateSubject {
  readonly store: StateStore
  readonly reader: StateReader
  readonly reopen: () => Promise<StateSubject>
  readonly dispose: () => Promise<void>
}

export interface QuarantineCaps {
  readonly perSourceMax: number
  readonly max: number
  readonly strangersMax?: number
}

const at = positionAt
const all: Paging = { limit: 1_000, cursor: null }
const everyDevice: Parameters<StateReader['devices']>[0] = {
  type: null,
  division: null,
  parent: null,
  search: null,
}
const everyTicket: Parameters<StateReader['tickets']>[0] = {
  delivery: null,
  device: null,
  division: null,
}
const everyAlert: AlertFilter = {
  state: 'all',
  severity: null,
  division: null,
  type: null,
  device: null,
}
const everyRefusal = { device: null, code: null }

export function allPages<T>(list: (paging: Paging) => Page<T>, limit: number): T[] {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = list({ limit, cursor })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    // A cursor that goes round in circles has to fail, not to run for ever.
    expect(items.length).toBeLessThan(10_000)
    cursor = page.cursor
  } while (cursor !== null)
  return items
}

export function stateStoreContract(
  name: string,
  open: (caps?: QuarantineCaps) => Promise<StateSubject>,
): void {
  describe(`${name}: state store`, () => {
    const opened: StateSubject[] = []
    afterEach(async () => {
      for (const subject of opened.splice(0).reverse()) await subject.dispose()
    })

    async function subject(caps?: QuarantineCaps): Promise<StateSubject> {
      const fresh = await open(caps)
      opened.push(fresh)
      return fresh
    }

    const story: readonly PlacedEffect[] = [
      placed(1, deviceEffect(device('L1'), 'abcd')),
      placed(2, deviceEffect(device('L2'))),
      placed(3, alertEffect(alert('A1'))),
      placed(3, alertEffect(alert('A1', { ticket: 'T1' }), { what: 'ticket_opened' })),
      placed(3, ticketEffect(ticket('T1'))),
      placed(4, { kind: 'quarantine', item: refused(4) }),
      placed(5, { kind: 'presence', device: 'L1', state: 'online', at: T0 }),
      placed(
        6,
        ticketEffect(
          ticket('T1', {
            caseNo: 'C-1',
            delivery: { state: 'delivered', attempts: 1, lastError: null, nextAt: null },
          }),
          { what: 'delivered' },
        ),
      ),
      placed(
        7,
        alertEffect(alert('A1', { ticket: 'T1', state: 'acked_active' }), { what: 'acknowledged' }),
      ),
    ]

    it('shows what was applied', async () => {
      const { store, reader } = await subject()
      expect(store.applied).toBe(0)
      store.apply(story, [latest('L1')], at(7))
      expect(store.applied).toBe(at(7))
      expect(reader.device('L1')).toEqual({
        ...device('L1'),
        presence: 'online',
        lastSeenAt: T0 + 500,
        hasCredential: true,
        previousCredentialUntil: null,
        revoked: false,
      })
      expect(reader.device('L2')).toEqual({
        ...device('L2'),
        presence: null,
        lastSeenAt: null,
        hasCredential: false,
        previousCredentialUntil: null,
        revoked: false,
      })
      expect([...reader.access()].map((one) => [one.id, one.credential])).toEqual([
        ['L1', 'abcd'],
        ['L2', null],
      ])
      expect(reader.latest('L1')).toEqual(latest('L1'))
      expect(reader.alert('A1')?.timeline.map((entry) => entry.what)).toEqual([
        'raised',
        'ticket_opened',
        'acknowledged',
      ])
      expect(reader.alert('A1')?.alert.state).toBe('acked_active')
      expect(reader.activeAlertCounts()).toEqual({ P1: 1 })
      expect(reader.ticket('T1')?.history.map((entry) => entry.what)).toEqual([
        'opened',
        'delivered',
      ])
      expect(reader.ticketByCase('C-1')?.id).toBe('T1')
      expect(reader.quarantine(everyRefusal, all).items).toEqual([refused(4)])
      expect(reader.quarantined(['0-4.0', 'no such thing'])).toEqual([refused(4)])
      expect(reader.quarantineCounts()).toEqual({ not_json: 1 })
    })

    it('knows nothing of what was never applied', async () => {
      const { reader } = await subject()
      expect(reader.device('L1')).toBeNull()
      expect(reader.latest('L1')).toBeNull()
      expect(reader.alert('A1')).toBeNull()
      expect(reader.ticket('T1')).toBeNull()
      expect(reader.ticketByCase('C-1')).toBeNull()
      expect(reader.devices(everyDevice, all)).toEqual({ items: [], cursor: null })
      expect(reader.activeAlertCounts()).toEqual({})
      expect(reader.quarantineCounts()).toEqual({})
      expect(reader.anySimulated()).toBe(false)
    })

    it('gives the same picture however often and in whatever cuts effects come', async () => {
      const plain = await subject()
      plain.store.apply(story, [latest('L1')], at(7))
      const expected = picture(plain.reader)
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }),
          async (cuts) => {
            const { store, reader, dispose } = await open()
            try {
              for (const cut of [...cuts, 7]) {
                const part = story.filter((one) => one.position <= at(cut))
                store.apply(part, cut === 7 ? [latest('L1')] : [], at(cut))
              }
              expect(store.applied).toBe(at(7))
              expect(picture(reader)).toEqual(expected)
            } finally {
              await dispose()
            }
          },
        ),
        { numRuns: 15 },
      )
    })

    it('keeps everything when it is opened again', async () => {
      const first = await subject()
      first.store.apply(story, [latest('L1')], at(7))
      first.store.sync()
      const expected = picture(first.reader)
      const second = await first.reopen()
      opened.push(second)
      expect(second.store.applied).toBe(at(7))
      expect(picture(second.reader)).toEqual(expected)
      second.store.apply(story, [latest('L1', { ts: 0 })], at(6))
      expect(picture(second.reader)).toEqual(expected)
    })

    it('does not let an old effect come back behind newer ones', async () => {
      const { store, reader } = await subject()
      const raised = placed(1, alertEffect(alert('A1')))
      const closed = placed(2, alertEffect(alert('A1', { state: 'closed' }), { what: 'closed' }))
      store.apply([raised, closed], [], at(2))
      store.apply([raised, placed(3, deviceEffect(device('L1')))], [], at(3))
      expect(reader.alert('A1')?.alert.state).toBe('closed')
      expect(reader.device('L1')).not.toBeNull()
    })

    it('forgets a removed device, and what a later one of its name never had', async () => {
      const { store, reader } = await subject()
      store.apply(story, [latest('L1')], at(7))
      store.apply([placed(8, { kind: 'device_removed', id: 'L1' })], [latest('L1')], at(8))
      expect(reader.device('L1')).toBeNull()
      expect(reader.latest('L1')).toBeNull()
      expect([...reader.access()].map((one) => one.id)).toEqual(['L2'])
      store.apply([placed(9, deviceEffect(device('L1')))], [], at(9))
      expect(reader.device('L1')).toMatchObject({ presence: null, lastSeenAt: null })
      expect(reader.alert('A1')).not.toBeNull()
    })

    it('filters devices and searches plain text in id and name', async () => {
      const { store, reader } = await subject()
      const devices = [
        device('LH-1', { name: '胜利路 100% 灯' }),
        device('LH-2', { name: 'Straße_Ä', parent: 'LH-1' }),
        device('MC-1', { type: 'manhole-cover', division: '150821' }),
      ]
      store.apply(
        devices.map((one, index) => placed(index + 1, deviceEffect(one))),
        [],
        at(3),
      )
      const ids = (filter: Partial<typeof everyDevice>) =>
        reader.devices({ ...everyDevice, ...filter }, all).items.map((one) => one.id)
      expect(ids({})).toEqual(['LH-1', 'LH-2', 'MC-1'])
      expect(ids({ type: 'streetlight' })).toEqual(['LH-1', 'LH-2'])
      expect(ids({ division: '150821' })).toEqual(['MC-1'])
      expect(ids({ parent: 'LH-1' })).toEqual(['LH-2'])
      expect(ids({ type: 'streetlight', parent: 'LH-9' })).toEqual([])
      expect(ids({ search: 'lh-' })).toEqual(['LH-1', 'LH-2'])
      expect(ids({ search: '100%' })).toEqual(['LH-1'])
      expect(ids({ search: '%' })).toEqual(['LH-1'])
      expect(ids({ search: '_ä' })).toEqual(['LH-2'])
      expect(ids({ search: "' OR 1=1 --" })).toEqual([])
      expect(ids({ search: '.*' })).toEqual([])
    })

    it('lists alerts active first, by severity, newest first, and filters them', async () => {
      const { store, reader } = await subject()
      const alerts = [
        alert('a', { severity: 'P2', raisedAt: T0 + 5 }),
        alert('b', { severity: 'P1', raisedAt: T0, state: 'rtn_unack' }),
        alert('c', { severity: 'P1', raisedAt: T0 + 9, state: 'closed', division: '150821' }),
        alert('d', { severity: 'P3', raisedAt: T0 + 9, type: 'manhole-cover', device: 'M1' }),
        alert('e', { severity: 'P1', raisedAt: T0 + 1, state: 'acked_active' }),
        alert('f', { severity: 'P2', raisedAt: T0 + 5 }),
      ]
      store.apply(
        alerts.map((one, index) => placed(index + 1, alertEffect(one))),
        [],
        at(6),
      )
      const ids = (filter: Partial<AlertFilter>) =>
        reader
          .alerts({ ...everyAlert, ...filter }, all)
          .items.map((one) => one.id)
          .join('')
      expect(ids({})).toBe('ebafdc')
      expect(ids({ state: 'active' })).toBe('ebafd')
      expect(ids({ severity: ['P1', 'P3'] })).toBe('ebdc')
      expect(ids({ severity: [] })).toBe('')
      expect(ids({ device: 'M1' })).toBe('d')
      expect(ids({ type: 'streetlight', state: 'active' })).toBe('ebaf')
      expect(ids({ division: '150821' })).toBe('c')
      expect(reader.activeAlertCounts()).toEqual({ P1: 2, P2: 2, P3: 1 })
    })

    it('pages of alerts add up to the sorted list, whatever the page size', async () => {
      const one = fc.record({
        severity: fc.constantFrom('P1', 'P2', 'P3'),
        state: fc.constantFrom('unack_active', 'acked_active', 'rtn_unack', 'closed'),
        raisedAt: fc.integer({ min: 0, max: 3 }).map((n) => T0 + n),
        division: fc.constantFrom('150802', '150821'),
      })
      await fc.assert(
        fc.asyncProperty(
          fc.array(one, { maxLength: 30 }),
          fc.integer({ min: 1, max: 7 }),
          fc.constantFrom('active', 'all'),
          fc.constantFrom(null, '150802'),
          async (some, limit, state, division) => {
            const { store, reader, dispose } = await open()
            try {
              const alerts = some.map((more, index) => alert(`A${index}`, more))
              store.apply(
                alerts.map((each, index) => placed(index + 1, alertEffect(each))),
                [],
                at(100),
              )
              const expected = alerts
                .filter((each) => state === 'all' || each.state !== 'closed')
                .filter((each) => division === null || each.division === division)
                .sort(inListOrder)
              const pages = allPages(
                (paging) => reader.alerts({ ...everyAlert, state, division }, paging),
                limit,
              )
              expect(pages).toEqual(expected)
            } finally {
              await dispose()
            }
          },
        ),
        { numRuns: 20 },
      )
    })

    it('pages neither repeat nor lose old rows while new ones come in', async () => {
      const { store, reader } = await subject()
      const ids = Array.from({ length: 20 }, (_, n) => `T${n}`)
      store.apply(
        ids.map((id, n) => placed(n + 1, ticketEffect(ticket(id, { openedAt: T0 + n })))),
        [],
        at(20),
      )
      let position = 20
      const seen = allPages((paging) => {
        const next = ++position
        const one = ticket(`N${next}`, { openedAt: T0 + next })
        store.apply([placed(next, ticketEffect(one))], [], at(next))
        return reader.tickets(everyTicket, paging)
      }, 3).map((one) => one.id)
      expect(seen.filter((id) => id.startsWith('T'))).toEqual(ids.reverse())
      expect(new Set(seen).size).toBe(seen.length)
    })

    it('shows until when a credential before is good, and a revocation', async () => {
      const { store, reader } = await subject()
      const rotated = deviceEffect(device('L1'), 'bb', { previous: { hash: 'aa', until: T0 } })
      const revoked = deviceEffect(device('L2'), null, { revoked: true })
      store.apply([placed(1, rotated), placed(2, revoked)], [], at(2))
      expect(reader.device('L1')).toMatchObject({ previousCredentialUntil: T0, revoked: false })
      expect(reader.device('L2')).toMatchObject({ previousCredentialUntil: null, revoked: true })
      expect([...reader.access()].map(({ previous, revoked }) => [previous, revoked])).toEqual([
        [{ hash: 'aa', until: T0 }, undefined],
        [undefined, true],
      ])
    })

    it('finds devices by id and alias, by account, and by a piece of an alias', async () => {
      const { store, reader } = await subject()
      const put = (sequence: number, more: Parameters<typeof device>[1]) =>
        store.apply([placed(sequence, deviceEffect(device('L1', more)))], [], at(sequence))
      const found = (filter: Partial<typeof everyDevice>) =>
        reader.devices({ ...everyDevice, ...filter }, all).items.map((one) => one.id)
      put(1, { aliases: ['24E124ABCDEF0001', '阀井/一'], integration: 'chirpstack' })
      expect(reader.deviceNamed('L1')).toBe('L1')
      expect(reader.deviceNamed('24e124abcdef0001')).toBe('L1')
      expect(reader.deviceNamed('阀井/一')).toBe('L1')
      expect(reader.deviceNamed('l1')).toBeNull()
      expect(found({ integration: 'chirpstack' })).toEqual(['L1'])
      expect(found({ integration: 'tts' })).toEqual([])
      expect(found({ search: 'abcdef' })).toEqual(['L1'])
      put(2, { aliases: ['other'] })
      expect(reader.deviceNamed('24e124abcdef0001')).toBeNull()
      expect(reader.deviceNamed('OTHER')).toBe('L1')
      expect(found({ integration: 'chirpstack' })).toEqual([])
      store.apply([placed(3, { kind: 'device_removed', id: 'L1' })], [], at(3))
      expect(reader.deviceNamed('other')).toBeNull()
    })

    it('keeps integration accounts until they are removed', async () => {
      const { store, reader } = await subject()
      store.apply(
        [
          placed(1, integrationEffect('tts', 'aa')),
          placed(2, integrationEffect('ctwing', 'bb')),
          placed(3, integrationEffect('tts', 'cc')),
        ],
        [],
        at(3),
      )
      expect(reader.integrations().map(({ id, createdAt }) => [id, createdAt])).toEqual([
        ['ctwing', T0],
        ['tts', T0],
      ])
      expect([...reader.integrationAccess()].map((one) => [one.id, one.credential])).toEqual([
        ['ctwing', 'bb'],
        ['tts', 'cc'],
      ])
      store.apply([placed(4, { kind: 'integration_removed', id: 'tts' })], [], at(4))
      expect(reader.integrations().map(({ id }) => id)).toEqual(['ctwing'])
    })

    it('lists names that no device has, until one takes them', async () => {
      const { store, reader } = await subject()
      const meet = (sequence: number, name: string, code = 'unknown_device' as const) =>
        placed(sequence, {
          kind: 'quarantine',
          item: refused(sequence, { device: name, code, client: '@tts', topic: `v3/${name}` }),
        })
      store.apply(
        [meet(1, 'A84041'), meet(2, 'L7'), meet(3, 'A84041'), meet(4, '__proto__')],
        [],
        at(4),
      )
      store.apply(
        [placed(5, { kind: 'quarantine', item: refused(5, { device: 'L1' }) })],
        [],
        at(5),
      )
      expect(reader.strangers(all).items).toEqual([
        {
          name: '__proto__',
          firstAt: T0 + 4,
          lastAt: T0 + 4,
          count: 1,
          client: '@tts',
          topic: 'v3/__proto__',
        },
        {
          name: 'A84041',
          firstAt: T0 + 1,
          lastAt: T0 + 3,
          count: 2,
          client: '@tts',
          topic: 'v3/A84041',
        },
        { name: 'L7', firstAt: T0 + 2, lastAt: T0 + 2, count: 1, client: '@tts', topic: 'v3/L7' },
      ])
      store.apply([placed(6, deviceEffect(device('X1', { aliases: ['a84041'] })))], [], at(6))
      store.apply([placed(7, deviceEffect(device('L7')))], [], at(7))
      expect(reader.strangers(all).items.map((one) => one.name)).toEqual(['__proto__'])
    })

    it('turns the pages of strangers without gaps, and keeps the newest', async () => {
      const { store, reader } = await subject({ perSourceMax: 10, max: 100, strangersMax: 7 })
      for (let sequence = 1; sequence <= 10; sequence++)
        store.apply(
          [
            placed(sequence, {
              kind: 'quarantine',
              item: refused(sequence, { device: `N${sequence}`, code: 'unknown_device' }),
            }),
          ],
          [],
          at(sequence),
        )
      expect(allPages((paging) => reader.strangers(paging), 3).map((one) => one.name)).toEqual([
        'N10',
        'N9',
        'N8',
        'N7',
        'N6',
        'N5',
        'N4',
      ])
    })

    it('refuses cursors that are damaged or come from another query, and odd limits', async () => {
      const { store, reader } = await subject()
      const ids = ['L1', 'L2', 'L3', 'L4']
      store.apply(
        ids.map((id, n) => placed(n + 1, deviceEffect(device(id)))),
        [],
        at(4),
      )
      const page = reader.devices(everyDevice, { limit: 2, cursor: null })
      const cursor = page.cursor ?? ''
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
      const list = (paging: Paging) => reader.devices(everyDevice, paging)
      expect(list({ limit: 2, cursor }).items.map((one) => one.id)).toEqual(['L3', 'L4'])
      for (const wrong of ['', 'x', `${cursor}x`, cursor.slice(0, -3), '!!', 'bnVsbA', 'W10'])
        expect(() => list({ limit: 2, cursor: wrong }), wrong).toThrow(RangeError)
      expect(() =>
        reader.devices({ ...everyDevice, type: 'streetlight' }, { limit: 2, cursor }),
      ).toThrow(RangeError)
      expect(() => reader.tickets(everyTicket, { limit: 2, cursor })).toThrow(RangeError)
      for (const limit of [0, -1, 1.5, 1_001, Number.NaN])
        expect(() => list({ limit, cursor: null }), String(limit)).toThrow(RangeError)
    })

    it('lists tickets newest first and the undelivered ones oldest first', async () => {
      const { store, reader } = await subject()
      const states = ['queued', 'delivered', 'retrying', 'rejected', 'queued'] as const
      const tickets = states.map((state, n) =>
        ticket(`T${n}`, {
          openedAt: T0 + n,
          device: `D${n % 2}`,
          delivery: { state, attempts: n, lastError: null, nextAt: null },
        }),
      )
      store.apply(
        tickets.map((one, n) => placed(n + 1, ticketEffect(one))),
        [],
        at(5),
      )
      const ids = (filter: Partial<typeof everyTicket>) =>
        reader.tickets({ ...everyTicket, ...filter }, all).items.map((one) => one.id)
      expect(ids({})).toEqual(['T4', 'T3', 'T2', 'T1', 'T0'])
      expect(ids({ delivery: 'queued' })).toEqual(['T4', 'T0'])
      expect(ids({ device: 'D1' })).toEqual(['T3', 'T1'])
      expect(reader.outbox(10).map((item) => item.ticket.id)).toEqual(['T0', 'T2', 'T4'])
      expect(reader.outbox(1)).toEqual([
        { ticket: tickets[0], report: report(ticket('T0', { device: 'D0' })) },
      ])
    })

    it('lets go of a message that is read again, and of no other', async () => {
      const { store, reader } = await subject()
      const first = refused(1)
      const parts = [first, { ...first, id: '0-1.1' }]
      const items = [...parts, refused(10), refused(11)]
      store.apply(
        items.map((item) => placed(sequenceOfId(item.id), { kind: 'quarantine', item })),
        [],
        at(11),
      )
      store.apply([placed(12, { kind: 'quarantine_left', origin: at(1) })], [], at(12))
      expect(reader.quarantine(everyRefusal, all).items.map((one) => one.id)).toEqual([
        '0-11.0',
        '0-10.0',
      ])
      expect(reader.quarantineCounts()).toEqual({ not_json: 4 })
    })

    it('gives every part of a large message its payload, as long as one is kept', async () => {
      const { store, reader } = await subject({ perSourceMax: 2, max: 8 })
      const whole = { payload: Uint8Array.from({ length: 60_000 }, (_, n) => n % 251) }
      const rest = { ...refused(1), id: '0-1.rest', payload: Uint8Array.of(1, 2) }
      const items = [0, 1, 2, 3].map((n) => refused(1, { ...whole, id: `0-1.${n}`, device: 'L1' }))
      store.apply(
        [...items, { ...rest, device: null, client: 'C' }].map((item) =>
          placed(1, { kind: 'quarantine', item }),
        ),
        [],
        at(1),
      )
      expect(reader.quarantined(['0-1.2', '0-1.3'])).toEqual(items.slice(2))
      expect(reader.quarantine(everyRefusal, all).items).toHaveLength(3)
      expect(reader.quarantined(['0-1.rest'])[0]?.payload).toEqual(Uint8Array.of(1, 2))
      store.apply([placed(2, { kind: 'quarantine_left', origin: at(1) })], [], at(2))
      expect(reader.quarantine(everyRefusal, all).items).toEqual([])
    })

    it('counts made-up device names against their sender', async () => {
      const { store, reader } = await subject({ perSourceMax: 2, max: 100 })
      const stranger = (n: number) =>
        refused(n, { code: 'unknown_device', device: `X${n}`, client: '@lora' })
      const items = [refused(1, { device: 'L1' }), ...[2, 3, 4, 5].map(stranger)]
      store.apply(
        items.map((item) => placed(sequenceOfId(item.id), { kind: 'quarantine', item })),
        [],
        at(5),
      )
      expect(reader.quarantine(everyRefusal, all).items.map((one) => one.device)).toEqual([
        'X5',
        'X4',
        'L1',
      ])
    })

    it('keeps the newest refusals per device and overall, and counts them all', async () => {
      const { store, reader } = await subject({ perSourceMax: 3, max: 8 })
      let position = 0
      const put = (device: string | null, client: string, count: number) => {
        const items = Array.from({ length: count }, () =>
          refused(++position, { device, client, code: device === null ? 'not_json' : 'too_old' }),
        )
        store.apply(
          items.map((item) => placed(sequenceOfId(item.id), { kind: 'quarantine', item })),
          [],
          at(position),
        )
      }
      put('D1', 'D1', 5)
      put(null, 'gateway', 4)
      put('D1', 'D1', 1)
      const kept = () =>
        reader.quarantine(everyRefusal, all).items.map((one) => sequenceOfId(one.id))
      expect(kept()).toEqual([10, 9, 8, 7, 5, 4])
      put('D2', 'D2', 2)
      put('D3', 'D3', 2)
      expect(kept()).toEqual([14, 13, 12, 11, 10, 9, 8, 7])
      expect(reader.quarantineCounts()).toEqual({ not_json: 4, too_old: 10 })
      expect(reader.quarantineCounts('D2')).toEqual({ too_old: 2 })
      expect(reader.quarantineCounts('D9')).toEqual({})
      expect(
        reader.quarantine({ device: 'D2', code: 'too_old' }, all).items.map((one) => one.device),
      ).toEqual(['D2', 'D2'])
      expect(
        allPages((paging) => reader.quarantine({ device: null, code: 'not_json' }, paging), 2)
          .length,
      ).toBe(3)
    })

    it.each([
      ['a device', [placed(1, deviceEffect(device('L1', { simulated: true })))], []],
      ['a refusal', [placed(1, { kind: 'quarantine', item: refused(1, { simulated: true }) })], []],
      ['latest values', [], [latest('L1', { simulated: true })]],
    ] satisfies [string, PlacedEffect[], ReturnType<typeof latest>[]][])(
      'remembers for ever that %s was simulated',
      async (_what, effects, newest) => {
        const { store, reader } = await subject()
        store.apply(effects, newest, at(1))
        expect(reader.anySimulated()).toBe(true)
        store.apply([placed(2, { kind: 'device_removed', id: 'L1' })], [], at(2))
        expect(reader.anySimulated()).toBe(true)
      },
    )

    it('takes an online connection as a sign of life, an offline one not', async () => {
      const { store, reader } = await subject()
      store.apply([placed(1, deviceEffect(device('L1')))], [], at(1))
      const heard = (state: 'online' | 'offline', ms: number, position: number) =>
        store.apply(
          [placed(position, { kind: 'presence', device: 'L1', state, at: T0 + ms })],
          [],
          at(position),
        )
      heard('offline', 900, 2)
      expect(reader.device('L1')).toMatchObject({ presence: 'offline', lastSeenAt: null })
      heard('online', 1_000, 3)
      expect(reader.device('L1')).toMatchObject({ presence: 'online', lastSeenAt: T0 + 1_000 })
      store.apply([], [latest('L1', { receivedAt: T0 + 2_000 })], at(4))
      expect(reader.device('L1')).toMatchObject({ lastSeenAt: T0 + 2_000 })
    })
  })
}

function sequenceOfId(id: string): number {
  return Number(/^0-(\d+)\./.exec(id)?.[1])
}

function inListOrder(a: Alert, b: Alert): number {
  return (
    Number(a.state === 'closed') - Number(b.state === 'closed') ||
    Number(a.severity > b.severity) - Number(a.severity < b.severity) ||
    b.raisedAt - a.raisedAt ||
    Number(a.id > b.id) - Number(a.id < b.id)
  )
}

function picture(reader: StateReader): unknown {
  return {
    devices: reader.devices(everyDevice, all),
    first: reader.device('L1'),
    access: [...reader.access()],
    latest: reader.latest('L1'),
    alerts: reader.alerts(everyAlert, all),
    alert: reader.alert('A1'),
    active: reader.activeAlertCounts(),
    tickets: reader.tickets(everyTicket, all),
    ticket: reader.ticket('T1'),
    outbox: reader.outbox(100),
    quarantine: reader.quarantine(everyRefusal, all),
    counts: reader.quarantineCounts(),
  }
}
