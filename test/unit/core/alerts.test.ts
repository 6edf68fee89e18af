// Alerts and tickets from the outside of the engine: episodes, silence, windows, time.

import { describe, expect, it } from 'vitest'
import { createRig, deviceOf } from './harness.ts'
import type { Rig } from './harness.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const lamp = deviceOf({ id: 'L-1', type: 'streetlight', rated: { power: 120 } })
const cover = deviceOf({ id: 'C-1', type: 'manhole-cover' })
const feeder = deviceOf({ id: 'F-1', type: 'lighting-feeder', rated: { current: 30 } })

function leak(rig: Rig, milliamps: number, over: { ts?: number } = {}): void {
  rig.send('L-1', { ts: over.ts ?? rig.now, m: { leakage_current: milliamps } })
}

function story(rig: Rig): string[] {
  return rig
    .take()
    .flatMap((effect) =>
      effect.kind === 'alert'
        ? [`${effect.alert.rule} ${effect.entry.what} ${effect.alert.state}`]
        : effect.kind === 'ticket'
          ? [`ticket ${effect.entry.what}`]
          : [],
    )
}

function minutes(rig: Rig, count: number): void {
  rig.to(rig.now + count * MINUTE)
}

describe('alert episode', () => {
  it('is one alert and one ticket, however often the value comes back before someone has seen it', () => {
    const rig = createRig({ devices: [lamp] })
    for (const value of [41, 42]) {
      minutes(rig, 1)
      leak(rig, value)
    }
    expect(story(rig)).toEqual([
      'LEAKAGE raised unack_active',
      'ticket opened',
      'LEAKAGE ticket_opened unack_active',
    ])
    const alert = rig.alerts()[0]
    const since = rig.now - MINUTE
    expect(alert).toMatchObject({
      id: `A.L-1.LEAKAGE.${since.toString(36)}`,
      since,
      raisedAt: rig.now,
      value: 42,
      limit: 30,
      unit: 'mA',
      metric: 'leakage_current',
      because: { code: 'above', params: { value: 42, limit: 30, minutes: 1 } },
      text: { zh: '漏电流 42 mA，超过 30 mA', en: 'leakage current 42 mA, above 30 mA' },
      ticket: `T.L-1.LEAKAGE.${since.toString(36)}`,
    })
    for (const value of [3, 3]) {
      minutes(rig, 1)
      leak(rig, value)
    }
    expect(story(rig)).toEqual(['LEAKAGE returned rtn_unack', 'ticket sensor_normal'])
    for (const value of [50, 51]) {
      minutes(rig, 1)
      leak(rig, value)
    }
    expect(story(rig)).toEqual(['LEAKAGE raised_again unack_active', 'ticket raised_again'])
    expect(rig.alerts()).toHaveLength(1)
    expect(rig.alerts()[0]).toMatchObject({ count: 2, value: 51, since })

    const id = alert?.id ?? ''
    const ack = { kind: 'alerts.acknowledge', ids: [id], comment: null } as const
    expect(rig.command(ack)).toEqual({ ok: true, note: 'applied' })
    expect(rig.command(ack)).toEqual({ ok: true, note: 'duplicate' })
    for (const value of [3, 3]) {
      minutes(rig, 1)
      leak(rig, value)
    }
    expect(rig.alerts()[0]?.state).toBe('closed')
    for (const value of [50, 51]) {
      minutes(rig, 1)
      leak(rig, value)
    }
    expect(rig.alerts()).toHaveLength(2)
    expect(new Set(rig.alerts().map((one) => one.ticket)).size).toBe(2)
  })

  it('carries the latest true value when people touch it', () => {
    const rig = createRig({ devices: [lamp] })
    for (const value of [41, 42, 55]) {
      minutes(rig, 1)
      leak(rig, value)
    }
    const id = rig.alerts()[0]?.id ?? ''
    rig.command({ kind: 'alerts.acknowledge', ids: [id], comment: 'seen' }, 'li')
    expect(rig.alerts()[0]).toMatchObject({ value: 55, ackedBy: 'li', state: 'acked_active' })
  })

  it('acknowledges all or nothing', () => {
    const rig = createRig({ devices: [lamp] })
    leak(rig, 41)
    minutes(rig, 1)
    leak(rig, 42)
    const id = rig.alerts()[0]?.id ?? ''
    const outcome = rig.command({ kind: 'alerts.acknowledge', ids: [id, 'A.no'], comment: null })
    expect(outcome).toMatchObject({
      ok: false,
      code: 'not_found',
      errors: [{ row: 1, field: 'ids' }],
    })
    expect(rig.alerts()[0]?.state).toBe('unack_active')
  })

  it('takes comments while open and after', () => {
    const rig = createRig({ devices: [lamp] })
    leak(rig, 41)
    minutes(rig, 1)
    leak(rig, 42)
    const id = rig.alerts()[0]?.id ?? ''
    expect(rig.command({ kind: 'alert.comment', id, text: 'crew sent' }).ok).toBe(true)
    rig.command({ kind: 'device.remove', id: 'L-1' })
    expect(rig.alerts()[0]).toMatchObject({ state: 'closed' })
    expect(rig.command({ kind: 'alert.comment', id, text: 'cabinet replaced' }).ok).toBe(true)
    expect(rig.command({ kind: 'alert.comment', id, text: ' ' })).toMatchObject({ code: 'invalid' })
    expect(rig.command({ kind: 'alert.comment', id: 'A.no', text: 'x' })).toMatchObject({
      code: 'not_found',
    })
  })

  it('never gives an old id to a device that comes back under its name', () => {
    const rig = createRig({ devices: [cover] })
    const ts = rig.now
    rig.send('C-1', { ts, m: { cover_open: true } })
    rig.command({ kind: 'device.remove', id: 'C-1' })
    rig.command({ kind: 'devices.register', devices: [cover] })
    rig.send('C-1', { ts, m: { cover_open: true } })
    expect(rig.alerts()).toHaveLength(1)
    minutes(rig, 1)
    rig.send('C-1', { m: { cover_open: true } })
    expect(new Set(rig.alerts().map((one) => one.id)).size).toBe(2)
  })

  it('tells two episodes apart that begin at the same moment', () => {
    const rig = createRig({ devices: [lamp] })
    // A clock far ahead: everything received at once counts for the same moment.
    const ahead = (n: number): number => rig.now + MINUTE + n
    for (const [n, value] of [41, 42, 2, 2].entries()) leak(rig, value, { ts: ahead(n) })
    rig.command({ kind: 'alerts.acknowledge', ids: [rig.alerts()[0]?.id ?? ''], comment: null })
    for (const [n, value] of [43, 44].entries()) leak(rig, value, { ts: ahead(10 + n) })
    const [first, second] = rig.alerts().map((one) => one.id)
    expect(second).toBe(`${first}.2`)
  })

  it('is marked as simulated when its device is', () => {
    const rig = createRig({ devices: [{ ...cover, simulated: true }] })
    rig.send('C-1', { m: { cover_open: true } })
    const tickets = rig.effects.filter((effect) => effect.kind === 'ticket')
    expect(rig.alerts()[0]?.simulated).toBe(true)
    expect(tickets[0]).toMatchObject({ ticket: { simulated: true }, report: { simulated: true } })
  })
})

describe('judging', () => {
  it('counts a redelivered sample once', () => {
    const rig = createRig({ devices: [lamp] })
    leak(rig, 41)
    leak(rig, 41)
    leak(rig, 41)
    expect(rig.alerts()).toEqual([])
  })

  it('records history and announces none of it', () => {
    const rig = createRig({ devices: [lamp] })
    rig.to(rig.now + 24 * HOUR)
    rig.take()
    for (let n = 0; n < 4; n++) leak(rig, 41, { ts: rig.now - 4 * HOUR + n * MINUTE })
    expect(story(rig)).toEqual([])
    expect(rig.effects.filter((effect) => effect.kind === 'reading')).toHaveLength(4)
  })

  it('judges what a gateway delivers in one go, in its own time', () => {
    const rig = createRig({ devices: [lamp] })
    const r = [0, 1, 2].map((n) => ({
      ts: rig.now - (30 - n * 10) * MINUTE,
      m: { voltage: 250 },
    }))
    rig.send('L-1', { v: 1, r })
    expect(rig.alerts()[0]).toMatchObject({
      rule: 'OVERVOLT',
      since: rig.now - 30 * MINUTE,
      raisedAt: rig.now - 20 * MINUTE,
    })
  })

  it('does not let one reading from the future block the true ones that follow', () => {
    const rig = createRig({ devices: [lamp] })
    leak(rig, 1, { ts: rig.now + 9 * MINUTE })
    for (const value of [41, 42]) {
      minutes(rig, 1)
      leak(rig, value)
    }
    expect(rig.alerts()[0]).toMatchObject({ rule: 'LEAKAGE', since: rig.now - MINUTE })
    expect(rig.engine.latest('L-1')?.values['leakage_current']).toEqual({
      value: 42,
      ts: rig.now,
    })
  })

  it('does not take a repeated reading from the future for the newest value', () => {
    const rig = createRig({ devices: [lamp] })
    const ahead = rig.now + 9 * MINUTE
    leak(rig, 7, { ts: ahead })
    minutes(rig, 1)
    leak(rig, 3)
    minutes(rig, 1)
    leak(rig, 7, { ts: ahead })
    expect(rig.engine.latest('L-1')?.values['leakage_current']?.value).toBe(3)
  })

  it('lets a revision of the newest reading stand as latest', () => {
    const rig = createRig({ devices: [lamp] })
    leak(rig, 7)
    leak(rig, 8)
    expect(rig.engine.latest('L-1')).toMatchObject({
      ts: rig.now,
      receivedAt: rig.now,
      values: { leakage_current: { value: 8, ts: rig.now } },
    })
  })

  it('ignores metrics it is not about', () => {
    const rig = createRig({ devices: [lamp] })
    leak(rig, 41)
    minutes(rig, 1)
    rig.send('L-1', { m: { voltage: 230 } })
    minutes(rig, 1)
    leak(rig, 42)
    expect(rig.alerts()).toHaveLength(1)
  })

  it('starts counting again after a gap', () => {
    const rig = createRig({ devices: [feeder], start: Date.parse('2026-11-01T22:00:00+08:00') })
    const dark = { current_a: 0, current_b: 0, current_c: 0, contactor_on: true }
    rig.send('F-1', { m: dark })
    minutes(rig, 16)
    rig.send('F-1', { m: dark })
    expect(rig.alerts().filter((alert) => alert.rule === 'FEEDER_DARK')).toEqual([])
    minutes(rig, 10)
    rig.send('F-1', { m: dark })
    expect(rig.alerts().filter((alert) => alert.rule === 'FEEDER_DARK')).toHaveLength(1)
  })

  it('follows rated values when the registry changes', () => {
    const rig = createRig({ devices: [lamp], start: Date.parse('2026-11-01T22:00:00+08:00') })
    rig.command({ kind: 'device.update', id: 'L-1', patch: { rated: { power: 20 } } })
    for (let n = 0; n < 3; n++) {
      minutes(rig, 15)
      rig.send('L-1', { m: { lamp_on: true, power: 18 } })
    }
    expect(rig.alerts()).toEqual([])
  })

  it('never judges what comes back from quarantine', () => {
    const rig = createRig({ devices: [cover] })
    const body = Buffer.from(JSON.stringify({ ts: rig.now, m: { cover_open: true } }))
    const head = Buffer.alloc(8)
    head.writeDoubleLE(rig.now)
    rig.to(rig.now + HOUR)
    rig.send('C-1', Buffer.concat([head, body]).toString('latin1'), { redriven: true })
    rig.send('C-1', 'short', { redriven: true })
    expect(rig.alerts()).toEqual([])
    const codes = rig.effects.flatMap((one) => (one.kind === 'quarantine' ? [one.item.code] : []))
    expect(codes.at(-1)).toBe('damaged_record')
  })

  it('closes a window by the clock and confirms nothing for it afterwards', () => {
    const start = Date.parse('2026-11-02T05:40:00+08:00')
    const rig = createRig({
      start,
      devices: [deviceOf({ id: 'S-1', type: 'site-dust-noise' })],
    })
    rig.send('S-1', { m: { noise_max: 90 } })
    rig.to(Date.parse('2026-11-02T06:00:00+08:00'))
    const alert = rig.alerts().find((one) => one.rule === 'NOISE_NIGHT_MAX')
    expect(alert).toMatchObject({ state: 'rtn_unack', returnedAt: rig.now })
    minutes(rig, 1)
    rig.send('S-1', { ts: rig.now - 2 * MINUTE, m: { noise_max: 95 } })
    const after = rig.alerts().find((one) => one.rule === 'NOISE_NIGHT_MAX')
    expect(after).toMatchObject({ state: 'rtn_unack', count: 1 })
  })

  it('waits for what may follow a late reading before it completes a delay', () => {
    const rig = createRig({ devices: [cover] })
    rig.to(rig.now + 3 * HOUR)
    rig.send('C-1', { ts: rig.now - 2 * HOUR, m: { cover_open: true } })
    rig.to(rig.now + 1000)
    rig.send('C-1', { ts: rig.now - 2 * HOUR + 5 * MINUTE, m: { cover_open: false } })
    rig.to(rig.now + HOUR)
    expect(rig.alerts().map((one) => one.rule)).toEqual(['COVER_OPEN'])
  })
})

describe('severity by road class', () => {
  it('is fixed when the alert is raised, and goes on into its ticket', () => {
    const rig = createRig({
      start: Date.parse('2026-11-01T22:00:00+08:00'),
      devices: [{ ...feeder, roadClass: '主干道' }],
    })
    const dark = (off: boolean): void => {
      for (let n = 0; n < 3; n++) {
        rig.send('F-1', { m: { contactor_on: !off, current_a: off ? 0 : 20 } })
        minutes(rig, 5)
      }
    }
    dark(true)
    rig.command({ kind: 'device.update', id: 'F-1', patch: { roadClass: '支路' } })
    rig.command({
      kind: 'alerts.acknowledge',
      ids: rig.alerts().map((alert) => alert.id),
      comment: null,
    })
    expect(rig.alerts().map((alert) => [alert.severity, alert.state])).toEqual([
      ['P1', 'acked_active'],
    ])
    const ticket = rig.effects.find((effect) => effect.kind === 'ticket')
    expect(ticket).toMatchObject({ ticket: { severity: 'P1' }, report: { grade: '重大' } })
    dark(false)
    dark(true)
    expect(rig.alerts().map((alert) => [alert.severity, alert.state])).toEqual([
      ['P1', 'closed'],
      ['P2', 'unack_active'],
    ])
  })
})

describe('silence', () => {
  const due = 15 * MINUTE

  it('begins with the registration and is due to the millisecond', () => {
    const rig = createRig({ devices: [feeder] })
    const start = rig.now
    rig.to(start + due - 1)
    expect(rig.alerts()).toEqual([])
    rig.to(start + due)
    expect(rig.alerts()[0]).toMatchObject({
      rule: 'OFFLINE',
      severity: 'P3',
      since: start,
      raisedAt: start + due,
      ticket: null,
      because: { code: 'silent' },
      text: { zh: '已 15 分钟无有效数据' },
    })
  })

  it.each([-1, 0, 1])('ends with a reading %i ms from the moment it is due', (offset) => {
    const rig = createRig({ devices: [feeder] })
    rig.now += due + offset
    rig.send('F-1', { m: { temp: 4 } })
    const states = rig.alerts().map((one) => one.state)
    expect(states).toEqual(offset < 0 ? [] : ['closed'])
    rig.to(rig.now + due - 1)
    expect(rig.alerts()).toHaveLength(offset < 0 ? 0 : 1)
    rig.to(rig.now + 1)
    expect(rig.alerts()).toHaveLength(offset < 0 ? 1 : 2)
  })

  it('is not broken by stale, refused or future data', () => {
    const rig = createRig({ devices: [feeder] })
    for (let n = 0; n < 20; n++) {
      minutes(rig, 1)
      rig.send('F-1', { ts: rig.now - 2 * HOUR + n, m: { temp: 4 } })
      rig.send('F-1', { m: { temp: 400 } })
      rig.send('F-1', { ts: rig.now + HOUR, m: { temp: 4 } })
      rig.send('F-1', 'no json')
    }
    expect(rig.alerts().map((one) => one.rule)).toEqual(['BAD_RANGE', 'OFFLINE'])
    expect(rig.alerts()[1]?.state).toBe('unack_active')
  })
})
