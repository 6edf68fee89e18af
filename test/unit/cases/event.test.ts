// Status events of a case system, as they come and as they should not.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCaseEvent } from '../../../src/cases/event.ts'
import { START } from './support.ts'

const event = { id: 'e-1', ticket: 't-1', state: 'dispatched', at: '2026-11-01T22:30:00+08:00' }

describe('parseCaseEvent()', () => {
  it('reads a whole event', () => {
    const whole = { ...event, caseNo: '2026-1', by: '派遣席', note: '已派遣', code: 'd1' }
    expect(parseCaseEvent(whole)).toEqual({ ok: true, event: { ...whole, at: START } })
  })

  it('reads the least it needs, and ignores what it does not know', () => {
    const parsed = parseCaseEvent({ id: 'e', caseNo: 17, state: 'closed', at: START, extra: [] })
    expect(parsed).toEqual({
      ok: true,
      event: {
        id: 'e',
        ticket: null,
        caseNo: '17',
        state: 'closed',
        at: START,
        by: null,
        note: null,
        code: null,
      },
    })
  })

  it.each([
    ['2026-11-01T14:30:00Z', START],
    ['2026-11-01T14:30Z', START],
    ['2026-11-01T22:30:00.000+08:00', START],
    ['2026-11-01T14:30:00.123456Z', START + 123],
    [START, START],
  ])('reads the time %s', (at, expected) => {
    expect(parseCaseEvent({ ...event, at })).toMatchObject({ ok: true, event: { at: expected } })
  })

  it.each([
    ['no object', 'text', ''],
    ['a list', [event], ''],
    ['nothing', null, ''],
    ['no id', { ...event, id: undefined }, 'id'],
    ['an empty id', { ...event, id: '' }, 'id'],
    ['an id of 201 characters', { ...event, id: 'x'.repeat(201) }, 'id'],
    ['an id that is a number', { ...event, id: 5 }, 'id'],
    ['neither ticket nor caseNo', { ...event, ticket: null }, 'ticket'],
    ['a ticket that is an object', { ...event, ticket: {} }, 'ticket'],
    ['a caseNo of 101 characters', { ...event, caseNo: 'x'.repeat(101) }, 'caseNo'],
    ['a caseNo that has lost digits', { ...event, caseNo: 2 ** 60 }, 'caseNo'],
    ['an unknown state', { ...event, state: 'done' }, 'state'],
    ['our own first state', { ...event, state: 'reported' }, 'state'],
    ['a state from the prototype', { ...event, state: 'constructor' }, 'state'],
    ['no time', { ...event, at: undefined }, 'at'],
    ['a time without zone', { ...event, at: '2026-11-01T22:30:00' }, 'at'],
    ['30 February', { ...event, at: '2026-02-30T00:00:00Z' }, 'at'],
    ['a time in seconds', { ...event, at: START / 1000 }, 'at'],
    ['a time that is no number', { ...event, at: Number.NaN }, 'at'],
    ['a note of 2,001 characters', { ...event, note: 'x'.repeat(2_001) }, 'note'],
    ['a code of 101 characters', { ...event, code: 'x'.repeat(101) }, 'code'],
    ['a name that is a list', { ...event, by: ['a'] }, 'by'],
  ])('refuses %s, naming the field', (_, body, field) => {
    const parsed = parseCaseEvent(body)
    expect(parsed.ok ? [] : parsed.errors.map((error) => error.field)).toEqual([field])
  })

  it('names every wrong field at once', () => {
    const parsed = parseCaseEvent({})
    expect(parsed.ok ? [] : parsed.errors.map((error) => error.field).sort()).toEqual([
      'at',
      'id',
      'state',
      'ticket',
    ])
  })

  it('takes control characters and reversed text out of a note, and leaves its lines', () => {
    const parsed = parseCaseEvent({ ...event, note: 'a\u0000b\u202Ec\r\nd\u001B[31m' })
    expect(parsed.ok && parsed.event.note).toBe('a b c\nd [31m')
  })

  it('never throws, and what it takes is within bounds', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constant(event.at), fc.constant('closed'))
    const body = fc.record(
      { id: value, ticket: value, caseNo: value, state: value, at: value, note: value },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(body, fc.anything()), (given) => {
        const parsed = parseCaseEvent(given)
        if (parsed.ok) expect(parsed.event.id.length).toBeLessThanOrEqual(200)
        else expect(parsed.errors.length).toBeGreaterThan(0)
      }),
    )
  })
})
