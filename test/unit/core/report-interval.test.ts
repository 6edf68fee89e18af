// A device's own report interval: it decides in place of its type's about silence, age, holes and means, and a change of it counts
// from that moment on.

import { describe, expect, it } from 'vitest'
import type { EngineSnapshot } from '../../../src/core/engine.ts'
import { createRig, deviceOf } from './harness.ts'
import type { DeviceFields, Rig } from './harness.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 5, 15, 4)

type Interval = number | null | undefined

function rigWith(type: string, reportSeconds: Interval): Rig {
  const device = deviceOf({ id: 'D-1', type })
  const own: DeviceFields = reportSeconds === undefined ? device : { ...device, reportSeconds }
  return createRig({ start: START, devices: [own] })
}

function setInterval(rig: Rig, reportSeconds: number | null): void {
  const outcome = rig.command({ kind: 'device.update', id: 'D-1', patch: { reportSeconds } })
  expect(outcome).toEqual({ ok: true, note: 'applied' })
}

/** `RULE what minutes`, minutes by the alert's own time. */
function story(rig: Rig): string[] {
  return rig.take().flatMap((effect) => {
    if (effect.kind !== 'alert') return []
    const { alert, entry } = effect
    const at = entry.what === 'returned' ? alert.returnedAt : alert.raisedAt
    return [`${alert.rule} ${entry.what} ${((at ?? Number.NaN) - START) / MINUTE}`]
  })
}

describe('report interval of a device', () => {
  it.each<[string, string, Interval, number]>([
    ['the type, where the field is missing', 'streetlight', undefined, 180],
    ['the type, where it is null', 'streetlight', null, 180],
    ['a longer one of its own', 'site-dust-noise', 3600, 180],
    ['a shorter one of its own', 'manhole-cover', 1200, 60],
    ['15 minutes at least', 'manhole-cover', 1, 15],
  ])('decides when silence is told: by %s', (_, type, reportSeconds, minutes) => {
    const rig = rigWith(type, reportSeconds)
    rig.to(START + minutes * MINUTE - 1)
    expect(story(rig)).toEqual([])
    rig.to(START + minutes * MINUTE)
    expect(story(rig)).toEqual([`OFFLINE raised ${minutes}`])
  })

  it.each<[Interval, number, boolean]>([
    [null, 72 * 60, true],
    [1200, 60, true],
    [1200, 61, false],
    [60, 30, true],
    [60, 31, false],
  ])('of %s s: a reading %i min old is fresh: %s', (reportSeconds, ageMinutes, isFresh) => {
    const rig = rigWith('manhole-cover', reportSeconds)
    rig.send('D-1', { ts: rig.now - ageMinutes * MINUTE, m: { cover_open: true } })
    expect(story(rig).length > 0).toBe(isFresh)
  })

  it.each<[Interval, boolean]>([
    [null, true],
    [400, true],
    [399, false],
  ])('of %s s: samples 20 min apart confirm each other: %s', (reportSeconds, isRaised) => {
    const rig = rigWith('streetlight', reportSeconds)
    rig.send('D-1', { m: { leakage_current: 41 } })
    rig.now += 20 * MINUTE
    rig.send('D-1', { m: { leakage_current: 41 } })
    expect(rig.alerts().some((alert) => alert.rule === 'LEAKAGE')).toBe(isRaised)
  })

  it.each<[Interval, boolean]>([
    [null, false],
    [1799, false],
    [3600, true],
  ])('of %s s: the first value stands for its hour: %s', (reportSeconds, isRaised) => {
    const rig = rigWith('site-dust-noise', reportSeconds)
    rig.send('D-1', { m: { pm10: 640 } })
    expect(rig.alerts().some((alert) => alert.rule === 'DUST_ALARM')).toBe(isRaised)
  })
})

describe('a new report interval', () => {
  it('is null for a device that was registered without one', () => {
    expect(rigWith('streetlight', undefined).engine.device('D-1')?.reportSeconds).toBeNull()
  })

  it('that is shorter tells an overdue silence now, not in the past', () => {
    const rig = rigWith('streetlight', null)
    rig.to(START + 40 * MINUTE)
    setInterval(rig, 60)
    rig.to(START + 40 * MINUTE)
    expect(story(rig)).toEqual(['OFFLINE raised 40'])
  })

  it('that is shorter and not yet overdue comes due earlier', () => {
    const rig = rigWith('streetlight', null)
    rig.to(START + 40 * MINUTE)
    setInterval(rig, 1200)
    expect(rig.engine.nextDue()).toBe(START + 60 * MINUTE)
    rig.to(START + 5 * HOUR)
    expect(story(rig)).toEqual(['OFFLINE raised 60'])
  })

  it('that is longer puts silence off, and takes back what it has told too early', () => {
    const rig = rigWith('site-dust-noise', null)
    rig.to(START + 14 * MINUTE)
    setInterval(rig, 1200)
    rig.to(START + 59 * MINUTE)
    expect(story(rig)).toEqual([])
    rig.to(START + 65 * MINUTE)
    setInterval(rig, 3600)
    rig.to(START + 5 * HOUR)
    expect(story(rig)).toEqual([
      'OFFLINE raised 60',
      'OFFLINE returned 65',
      // Three hours since it was last heard.
      'OFFLINE raised 180',
    ])
  })

  it('leaves an alert that it explains just as well', () => {
    const rig = rigWith('site-dust-noise', null)
    rig.to(START + 5 * HOUR)
    setInterval(rig, 3600)
    rig.to(START + 20 * HOUR)
    expect(story(rig)).toEqual(['OFFLINE raised 15'])
  })

  it("of null is the type's again", () => {
    const rig = rigWith('manhole-cover', 60)
    setInterval(rig, null)
    rig.to(START + 71 * HOUR)
    rig.send('D-1', { ts: rig.now - 10 * HOUR, m: { cover_open: true } })
    expect(story(rig).map((line) => line.split(' ')[0])).toContain('COVER_OPEN')
  })

  it('decides at once about the age and the holes of readings', () => {
    const cover = rigWith('manhole-cover', null)
    setInterval(cover, 60)
    cover.send('D-1', { ts: cover.now - 31 * MINUTE, m: { cover_open: true } })
    expect(story(cover)).toEqual([])

    const lamp = rigWith('streetlight', 60)
    lamp.send('D-1', { m: { leakage_current: 41 } })
    setInterval(lamp, 1800)
    lamp.now += 20 * MINUTE
    lamp.send('D-1', { m: { leakage_current: 41 } })
    expect(story(lamp)).toContain('LEAKAGE raised 20')
  })

  it.each([0, -1, 1.5, 2_592_001, '60', true])('of %s is refused', (reportSeconds) => {
    const rig = rigWith('streetlight', 60)
    const patch = { reportSeconds } as { reportSeconds: number }
    expect(rig.command({ kind: 'device.update', id: 'D-1', patch })).toMatchObject({
      code: 'invalid',
      errors: [{ row: 0, field: 'reportSeconds' }],
    })
    expect(rig.engine.device('D-1')?.reportSeconds).toBe(60)
  })
})

describe('report interval in a snapshot', () => {
  it('goes on deciding', () => {
    const before = rigWith('site-dust-noise', 3600)
    const text = JSON.stringify(before.engine.snapshot())
    const rig = createRig({ start: START, snapshot: JSON.parse(text) as EngineSnapshot })
    rig.send('D-1', { ts: START - 2 * HOUR, m: { pm10: 640 } })
    rig.to(START + 179 * MINUTE)
    expect(story(rig).map((line) => line.split(' ')[0])).not.toContain('OFFLINE')
    rig.to(START + 180 * MINUTE)
    expect(story(rig)).toEqual(['OFFLINE raised 180'])
  })

  it("that was written before there was one is the type's", () => {
    const written = JSON.stringify(rigWith('streetlight', null).engine.snapshot())
    const old = written.replace('"reportSeconds":null,', '')
    expect(old).not.toContain('reportSeconds')
    const rig = createRig({ start: START, snapshot: JSON.parse(old) as EngineSnapshot })
    rig.to(START + 180 * MINUTE)
    expect(story(rig)).toEqual(['OFFLINE raised 180'])
  })
})
