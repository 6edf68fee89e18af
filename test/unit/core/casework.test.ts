import { describe, expect, it } from 'vitest'
import type { CaseAnswer, CaseEvent } from '../../../src/core/input.ts'
import type { Ticket } from '../../../src/core/tickets/ticket.ts'
import { mayFollow } from '../../../src/core/tickets/ticket-states.ts'
import { createRig, deviceOf } from './harness.ts'
import type { Rig } from './harness.ts'

type Delivery = Extract<CaseAnswer, { kind: 'delivery' }>['outcome']

const accepted = (caseNo: string): Delivery => ({ kind: 'accepted', caseNo })
const retry: Delivery = { kind: 'retry', error: '503', nextAt: 5 }
const rejected: Delivery = { kind: 'rejected', error: '422 no such grid' }

function opened(): { rig: Rig; id: string } {
  const rig = createRig({
    devices: [
      deviceOf({
        id: 'C-1',
        type: 'manhole-cover',
        name: '胜利路 3 号井',
        street: '胜利路',
        grid: '15080200100101',
        componentCode: '1508020102000001',
        maintainer: '河套排水',
      }),
    ],
  })
  rig.send('C-1', { m: { cover_open: true, tilt: 62 } })
  return { rig, id: rig.alerts()[0]?.ticket ?? '' }
}

function deliver(rig: Rig, ticket: string, attempt: number, outcome: Delivery): unknown {
  return rig.answer({ kind: 'delivery', ticket, attempt, outcome })
}

function event(rig: Rig, over: Partial<CaseEvent>): unknown {
  return rig.answer({
    kind: 'event',
    event: {
      id: 'e1',
      ticket: null,
      caseNo: null,
      state: 'dispatched',
      at: 7,
      by: '坐席 4',
      note: null,
      code: null,
      ...over,
    },
  })
}

function ticketOf(rig: Rig): Ticket | undefined {
  return rig.effects.findLast((effect) => effect.kind === 'ticket')?.ticket
}

function history(rig: Rig): string[] {
  return rig.effects.flatMap((effect) => (effect.kind === 'ticket' ? [effect.entry.what] : []))
}

const applied = { ok: true, note: 'applied' }
const duplicate = { ok: true, note: 'duplicate' }

describe('ticket', () => {
  it('opens with the alert and a report that a case system can file', () => {
    const { rig, id } = opened()
    const effect = rig.effects.find((one) => one.kind === 'ticket')
    expect(effect?.ticket).toMatchObject({
      id,
      state: 'reported',
      severity: 'P1',
      openedAt: rig.now,
      deadline: rig.now + 24 * 3_600_000,
      delivery: { state: 'queued', attempts: 0, lastError: null, nextAt: null },
    })
    expect(effect?.report).toEqual({
      externalId: id,
      source: '物联感知',
      eventType: '部件',
      mainType: '01',
      subType: '02',
      partCode: '1508020102000001',
      district: '150802',
      grid: '15080200100101',
      street: '胜利路',
      address: '胜利路 3 号井',
      lon: 107.3921,
      lat: 40.7512,
      crs: 'WGS84',
      description:
        '胜利路 3 号井（C-1）井盖打开：井盖被打开或移位，有坠落危险，自 2026-06-15 12:00 起，位于胜利路 3 号井',
      occurTime: '2026-06-15T12:00:00+08:00',
      reportTime: '2026-06-15T12:00:00+08:00',
      deadline: '2026-06-16T12:00:00+08:00',
      grade: '重大',
      urgency: '紧急',
      severity: 'P1',
      rule: 'COVER_OPEN',
      device: 'C-1',
      alert: rig.alerts()[0]?.id,
      dept1: '排水公司',
      dept3: '河套排水',
      simulated: false,
    })
  })

  it('is filed by the first acceptance and keeps its case number', () => {
    const { rig, id } = opened()
    expect(deliver(rig, id, 1, retry)).toEqual(applied)
    expect(ticketOf(rig)?.delivery).toEqual({
      state: 'retrying',
      attempts: 1,
      lastError: '503',
      nextAt: 5,
    })
    expect(deliver(rig, id, 2, accepted('X-1'))).toEqual(applied)
    expect(ticketOf(rig)).toMatchObject({ state: 'filed', caseNo: 'X-1' })
    expect(deliver(rig, id, 2, accepted('X-1'))).toEqual(duplicate)
    expect(deliver(rig, id, 3, accepted('X-2'))).toEqual(duplicate)
    expect(ticketOf(rig)?.caseNo).toBe('X-1')
    expect(history(rig)).toEqual(['opened', 'retry', 'delivered', 'other_case_no'])
  })

  it('ignores the late answer of an older attempt', () => {
    const { rig, id } = opened()
    deliver(rig, id, 2, retry)
    expect(deliver(rig, id, 1, rejected)).toEqual(duplicate)
    expect(ticketOf(rig)?.delivery.state).toBe('retrying')
  })

  it('is parked when refused and tried again on demand', () => {
    const { rig, id } = opened()
    deliver(rig, id, 1, rejected)
    expect(ticketOf(rig)?.delivery).toMatchObject({
      state: 'rejected',
      lastError: '422 no such grid',
    })
    expect(rig.command({ kind: 'ticket.retry', id })).toEqual(applied)
    expect(ticketOf(rig)?.delivery).toMatchObject({ state: 'queued', attempts: 1, nextAt: null })
    expect(rig.command({ kind: 'ticket.retry', id })).toEqual(duplicate)
    deliver(rig, id, 2, accepted('X-1'))
    expect(rig.command({ kind: 'ticket.retry', id })).toMatchObject({ code: 'not_allowed' })
    expect(rig.command({ kind: 'ticket.retry', id: 'T.no' })).toMatchObject({ code: 'not_found' })
  })

  it('mirrors the case once per event, by ticket or by case number', () => {
    const { rig, id } = opened()
    deliver(rig, id, 1, accepted('X-1'))
    expect(event(rig, { id: 'e1', ticket: id })).toEqual(applied)
    expect(event(rig, { id: 'e1', ticket: id })).toEqual(duplicate)
    expect(event(rig, { id: 'e1', ticket: id, state: 'closed' })).toMatchObject({
      code: 'not_allowed',
    })
    expect(
      event(rig, { id: 'e2', caseNo: 'X-1', state: 'closed', note: '已复位', code: 'A1' }),
    ).toEqual(applied)
    expect(event(rig, { id: 'e3', caseNo: 'X-1', state: 'dispatched' })).toMatchObject({
      code: 'not_allowed',
    })
    expect(event(rig, { id: 'e4', caseNo: 'X-9' })).toMatchObject({ code: 'not_found' })
    expect(event(rig, { id: 'e5', ticket: id, caseNo: 'X-9' })).toMatchObject({
      code: 'not_allowed',
    })
    const last = rig.effects.findLast((effect) => effect.kind === 'ticket')
    expect(last?.entry).toEqual({ at: 7, by: '坐席 4', what: 'closed', note: '已复位 · A1' })
  })

  it('keeps an event of a stage it has passed in the history, and its state', () => {
    const { rig, id } = opened()
    deliver(rig, id, 1, accepted('X-1'))
    expect(event(rig, { id: 'e1', ticket: id, state: 'accepted' })).toEqual(applied)
    expect(ticketOf(rig)?.state).toBe('filed')
    event(rig, { id: 'e2', ticket: id, state: 'in_progress' })
    expect(event(rig, { id: 'e3', ticket: id, state: 'dispatched' })).toEqual(applied)
    expect(ticketOf(rig)?.state).toBe('in_progress')
    expect(history(rig)).toEqual(['opened', 'delivered', 'accepted', 'in_progress', 'dispatched'])
    event(rig, { id: 'e4', ticket: id, state: 'closed' })
    expect(event(rig, { id: 'e5', ticket: id, state: 'checking' })).toMatchObject({
      code: 'not_allowed',
    })
  })

  it('stays further than filed when the acceptance comes after the events', () => {
    const { rig, id } = opened()
    event(rig, { id: 'e1', ticket: id, state: 'in_progress' })
    deliver(rig, id, 1, accepted('X-1'))
    expect(ticketOf(rig)).toMatchObject({ state: 'in_progress', caseNo: 'X-1' })
  })

  it('hears of the sensor while it is open and is never closed by it', () => {
    const { rig, id } = opened()
    rig.now += 60_000
    rig.send('C-1', { m: { cover_open: false, tilt: 1 } })
    rig.to(rig.now + 60_000)
    expect(ticketOf(rig)?.state).toBe('reported')
    rig.send('C-1', { m: { cover_open: true, tilt: 62 } })
    event(rig, { ticket: id, state: 'closed' })
    rig.now += 60_000
    rig.send('C-1', { m: { cover_open: false, tilt: 1 } })
    rig.to(rig.now + 60_000)
    expect(history(rig)).toEqual(['opened', 'sensor_normal', 'raised_again', 'closed'])
  })

  it.each([
    null,
    'text',
    {},
    { kind: 'delivery' },
    { kind: 'delivery', ticket: 'T', attempt: 1, outcome: { kind: 'lost' } },
    { kind: 'delivery', ticket: 'T', attempt: 1, outcome: { kind: 'accepted', caseNo: 7 } },
    { kind: 'event', event: null },
    { kind: 'event', event: { id: 'e', ticket: 'T', caseNo: null, state: 'eaten', at: 1 } },
  ])('refuses the answer %j without a word of surprise', (answer) => {
    const { rig } = opened()
    expect(rig.answer(answer as CaseAnswer)).toMatchObject({ ok: false, code: 'invalid' })
  })
})

describe('mayFollow()', () => {
  it.each([
    ['reported', 'accepted', true],
    ['reported', 'closed', true],
    ['filed', 'dispatched', true],
    ['dispatched', 'filed', false],
    ['in_progress', 'in_progress', true],
    ['in_progress', 'returned', true],
    ['returned', 'dispatched', true],
    ['returned', 'checking', false],
    ['checking', 'rework', true],
    ['rework', 'in_progress', true],
    ['suspended', 'in_progress', true],
    ['filed', 'not_filed', true],
    ['in_progress', 'not_filed', false],
    ['closed', 'rework', false],
    ['closed', 'closed', false],
    ['not_filed', 'accepted', false],
  ] as const)('%s -> %s: %s', (from, to, allowed) => {
    expect(mayFollow(from, to)).toBe(allowed)
  })
})

describe('finished tickets', () => {
  it('are forgotten in the order of their end, before and after a snapshot', () => {
    const count = 5_002
    const devices = Array.from({ length: count }, (_, index) =>
      deviceOf({ id: `C-${index}`, type: 'manhole-cover' }),
    )
    const rig = createRig({ devices })
    const tickets = devices.map((device) => {
      rig.send(device.id, { m: { cover_open: true, tilt: 62 } })
      return ticketOf(rig)?.id ?? ''
    })
    const [first = '', second = '', ...others] = tickets
    for (const ticket of others.reverse()) event(rig, { id: ticket, ticket, state: 'closed' })
    const snapshot = rig.engine.snapshot()
    const restored = createRig({ snapshot, start: rig.now, sequence: 100_000 })
    for (const each of [rig, restored])
      for (const ticket of [first, second]) event(each, { id: ticket, ticket, state: 'closed' })
    const left = (each: Rig) => each.engine.snapshot().tickets.map(({ ticket }) => ticket.id)
    expect(left(restored)).toEqual(left(rig))
    expect(left(rig)).toHaveLength(5_000)
    expect(left(rig)).toContain(first)
  })
})
