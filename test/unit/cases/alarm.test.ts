// Several waits on one timer.

import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createAlarm } from '../../../src/cases/alarm.ts'
import { START } from './support.ts'

const DAY_MS = 86_400_000

function setup() {
  const clock = createManualClock(START)
  const alarm = createAlarm(clock)
  const rang: string[] = []
  const set = (name: string, afterMs: number) =>
    alarm.set(name, START + afterMs, () => rang.push(`${name} ${clock.now() - START}`))
  return { clock, alarm, rang, set }
}

describe('createAlarm()', () => {
  it('rings each wait at its time', () => {
    const { clock, rang, set } = setup()
    set('b', 20)
    set('a', 10)
    set('c', 20)
    clock.set(START + 100)
    expect(rang).toEqual(['a 10', 'b 20', 'c 20'])
    expect(clock.nextDue()).toBeNull()
  })

  it('moves a wait that is set again, and forgets one that is cleared, with its timer', () => {
    const { clock, alarm, rang, set } = setup()
    set('a', 10)
    set('a', 30)
    expect(clock.nextDue()).toBe(START + 30)
    set('b', 20)
    alarm.clear('b')
    expect(clock.nextDue()).toBe(START + 30)
    alarm.clear('a')
    expect(clock.nextDue()).toBeNull()
    clock.set(START + 100)
    expect(rang).toEqual([])
  })

  it('takes a wait longer than a timer can be in steps', () => {
    const { clock, rang, set } = setup()
    set('a', 40 * DAY_MS)
    expect((clock.nextDue() ?? 0) - START).toBeLessThan(2 ** 31)
    clock.set(START + 41 * DAY_MS)
    expect(rang).toEqual([`a ${40 * DAY_MS}`])
  })

  it('lets nobody wait once it is closed', () => {
    const { clock, alarm, rang, set } = setup()
    set('a', 10)
    alarm.close()
    set('b', 10)
    expect(rang).toEqual(['a 0', 'b 0'])
    expect(clock.nextDue()).toBeNull()
  })
})
