// What live messages tell about the device itself: a clock that is off, and values that cannot be. The rules are those every type has.

import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/core/alerts/alert.ts'
import { createRig, deviceOf } from './harness.ts'
import type { Rig } from './harness.ts'

const cover = deviceOf({ id: 'C-1', type: 'manhole-cover' })
const START = Date.parse('2026-06-15T12:00:00+08:00')

function rigOf(): Rig {
  return createRig({ devices: [cover], start: START })
}

function alertsOf(rig: Rig, rule: string): Alert[] {
  return rig.alerts().filter((alert) => alert.rule === rule)
}

/** Messages of a device whose clock is behind by so many seconds, so many seconds apart. */
function skewed(rig: Rig, skewsS: readonly number[], everyS: number): void {
  for (const skewS of skewsS) {
    rig.now += everyS * 1000
    rig.send('C-1', { ts: rig.now - skewS * 1000, m: { tilt: 1 } })
  }
}

describe('CLOCK_SKEW', () => {
  it.each<[string, readonly number[], number, boolean]>([
    ['raises for a clock that is steadily behind', [400, 400, 400], 30, true],
    ['raises for a clock that is ahead', [-400, -400, -400], 30, true],
    ['raises for a clock so wrong that the readings are refused', [-7200, -7200, -7200], 30, true],
    ['raises for a clock of the year 2000', [8e8, 8e8, 8e8], 30, true],
    ['bears jitter', [400, 425, 380], 30, true],
    ['takes three messages', [400, 400], 30, false],
    ['takes three in a row', [400, 400, 0, 400], 30, false],
    ['takes a minute', [400, 400, 400], 20, false],
    ['takes the minute from more messages', [400, 400, 400, 400], 20, true],
    ['allows five minutes', [300, 300, 300], 30, false],
    ['does not take a backlog for a clock', [4000, 3000, 2000, 1000, 400], 30, false],
    ['waits until the skew is steady', [4000, 3000, 400, 400, 400], 30, true],
  ])('%s', (_, skews, everyS, isRaised) => {
    const rig = rigOf()
    skewed(rig, skews, everyS)
    expect(alertsOf(rig, 'CLOCK_SKEW')).toHaveLength(isRaised ? 1 : 0)
  })

  it('says by how much and in which direction', () => {
    const behind = rigOf()
    skewed(behind, [400, 400, 400], 30)
    expect(alertsOf(behind, 'CLOCK_SKEW')[0]).toMatchObject({
      severity: 'P3',
      ticket: null,
      value: 400,
      limit: 300,
      unit: 's',
      metric: null,
      because: { code: 'above' },
      since: START + 30_000,
      raisedAt: START + 90_000,
    })
    const ahead = rigOf()
    skewed(ahead, [-400, -400, -400], 30)
    expect(alertsOf(ahead, 'CLOCK_SKEW')[0]).toMatchObject({
      value: -400,
      limit: -300,
      because: { code: 'below' },
    })
  })

  it('returns after three good messages in a row', () => {
    const rig = rigOf()
    skewed(rig, [400, 400, 400, 0, 0, 400, 0, 0], 30)
    expect(alertsOf(rig, 'CLOCK_SKEW')[0]?.state).toBe('unack_active')
    skewed(rig, [0], 30)
    // A P3 that is over is closed.
    expect(alertsOf(rig, 'CLOCK_SKEW')[0]).toMatchObject({ state: 'closed', returnedAt: rig.now })
  })

  it('is not raised by one message that comes three times', () => {
    const rig = rigOf()
    const ts = START - 400_000
    for (const after of [0, 10_000, 20_000]) {
      rig.now = START + after
      rig.send('C-1', { ts, m: { tilt: 1 } })
    }
    skewed(rig, [400], 60)
    expect(alertsOf(rig, 'CLOCK_SKEW')).toEqual([])
  })

  it('does not judge what comes in batches or without a time', () => {
    const rig = rigOf()
    for (let n = 0; n < 5; n++) {
      rig.now += 60_000
      const ts = rig.now - 400_000
      rig.send('C-1', {
        r: [
          { ts: ts - 1000, m: { tilt: 1 } },
          { ts, m: { tilt: 1 } },
        ],
      })
      rig.send('C-1', { m: { tilt: 1 } })
    }
    expect(alertsOf(rig, 'CLOCK_SKEW')).toEqual([])
    expect(rig.engine.latest('C-1')?.clock).toBeNull()
  })

  it('shows the clock also while every reading is refused, and keeps it in the snapshot', () => {
    const rig = rigOf()
    skewed(rig, [-7200], 30)
    const clock = { skewMs: -7_200_000, at: START + 30_000 }
    expect(rig.engine.latest('C-1')).toMatchObject({ clock, values: {}, ts: clock.at })
    const snapshot = JSON.parse(JSON.stringify(rig.engine.snapshot())) as ReturnType<
      Rig['engine']['snapshot']
    >
    const next = createRig({ snapshot, start: rig.now })
    expect(next.engine.latest('C-1')).toMatchObject({ clock })
  })
})

describe('BAD_RANGE', () => {
  const bad = { tilt: 999 }
  const good = { tilt: 1 }

  function play(rig: Rig, readings: readonly Record<string, unknown>[]): void {
    for (const m of readings) {
      rig.now += 60_000
      rig.send('C-1', { ts: rig.now, m })
    }
  }

  it.each<[string, readonly Record<string, unknown>[], boolean]>([
    ['raises on three in a row', [bad, bad, bad], true],
    ['takes three', [bad, bad], false],
    ['takes three in a row', [bad, bad, good, bad], false],
    ['counts a reading of which only a part is bad', [{ ...bad, vibration: 1 }, bad, bad], true],
  ])('%s', (_, readings, isRaised) => {
    const rig = rigOf()
    play(rig, readings)
    expect(alertsOf(rig, 'BAD_RANGE')).toHaveLength(isRaised ? 1 : 0)
  })

  it('says what it is, and returns after three good in a row', () => {
    const rig = rigOf()
    play(rig, [bad, bad, bad])
    expect(alertsOf(rig, 'BAD_RANGE')[0]).toMatchObject({
      severity: 'P3',
      value: null,
      metric: null,
      because: { code: 'impossible' },
      since: START + 60_000,
      raisedAt: START + 180_000,
    })
    play(rig, [good, good, bad, good, good])
    expect(alertsOf(rig, 'BAD_RANGE')[0]?.state).toBe('unack_active')
    play(rig, [good])
    expect(alertsOf(rig, 'BAD_RANGE')[0]?.state).toBe('closed')
  })

  it('takes one message that comes three times for one', () => {
    const rig = rigOf()
    for (let n = 0; n < 3; n++) rig.send('C-1', { ts: START, m: bad })
    play(rig, [bad])
    expect(alertsOf(rig, 'BAD_RANGE')).toEqual([])
    play(rig, [bad])
    expect(alertsOf(rig, 'BAD_RANGE')).toHaveLength(1)
    for (let n = 0; n < 3; n++) rig.send('C-1', { ts: rig.now + 1000, m: good })
    expect(alertsOf(rig, 'BAD_RANGE')[0]?.state).toBe('unack_active')
  })

  it('does not judge old readings', () => {
    const rig = rigOf()
    for (let n = 0; n < 5; n++) {
      rig.now += 60_000
      rig.send('C-1', { ts: rig.now - 6 * 86_400_000, m: bad })
    }
    expect(alertsOf(rig, 'BAD_RANGE')).toEqual([])
  })
})

describe('BAD_RANGE beside another mistake', () => {
  const send = (rig: Rig, m: object) => {
    rig.now += 60_000
    rig.send('C-1', { ts: rig.now, m })
  }

  it('is over with good values, whatever else is refused of the readings', () => {
    const rig = rigOf()
    for (let n = 0; n < 3; n++) send(rig, { tilt: 999, nope: n })
    expect(alertsOf(rig, 'BAD_RANGE')).toMatchObject([{ state: 'unack_active' }])
    for (let n = 0; n < 3; n++) send(rig, { tilt: 1, nope: n })
    expect(alertsOf(rig, 'BAD_RANGE')).toMatchObject([{ state: 'closed' }])
  })

  it('is told also where another mistake stands first', () => {
    const rig = rigOf()
    for (let n = 0; n < 3; n++) send(rig, { nope: n, tilt: 999 })
    expect(alertsOf(rig, 'BAD_RANGE')).toHaveLength(1)
  })
})
