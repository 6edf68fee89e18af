import { describe, expect, it } from 'vitest'
import { createLocalTime } from '../../../src/core/time/local-time.ts'
import { solarDayOf, sunTimes } from '../../../src/core/time/sun.ts'

const LINHE = { lat: 40.75, lon: 107.39 }
const MINUTE_MS = 60_000

describe('sunTimes()', () => {
  it.each([
    ['winter solstice', '2026-12-22', '08:12', '17:26'],
    ['summer solstice', '2026-06-21', '05:18', '20:24'],
  ])('of Linhe at %s', (_, day, rise, set) => {
    const noon = Date.parse(`${day}T12:00:00+08:00`)
    const sun = sunTimes(solarDayOf(noon, LINHE.lon), LINHE.lat, LINHE.lon)
    const off = (at: number, clock: string): number =>
      Math.abs(at - Date.parse(`${day}T${clock}:00+08:00`)) / MINUTE_MS
    expect(off(sun.rise, rise)).toBeLessThanOrEqual(3)
    expect(off(sun.set, set)).toBeLessThanOrEqual(3)
  })

  it('has no day in the polar night and no night in the polar day', () => {
    const winter = sunTimes(solarDayOf(Date.UTC(2026, 11, 22), 20), 75, 20)
    expect(winter.set - winter.rise).toBe(0)
    const summer = sunTimes(solarDayOf(Date.UTC(2026, 5, 21), 20), 75, 20)
    expect(summer.set - summer.rise).toBe(86_400_000)
  })

  it('counts days by the mean sun of the place, not by UTC', () => {
    const beforeLocalMidnight = Date.parse('2026-06-21T00:45:00+08:00')
    const afterLocalMidnight = Date.parse('2026-06-21T00:55:00+08:00')
    expect(solarDayOf(afterLocalMidnight, LINHE.lon)).toBe(
      solarDayOf(beforeLocalMidnight, LINHE.lon) + 1,
    )
  })
})

describe('createLocalTime()', () => {
  const shanghai = createLocalTime('Asia/Shanghai')

  it('writes times with the zone of the city', () => {
    const at = Date.UTC(2026, 10, 1, 14, 30, 5)
    expect(shanghai.iso(at)).toBe('2026-11-01T22:30:05+08:00')
    expect(shanghai.wallClock(at)).toBe('2026-11-01 22:30')
    expect(shanghai.minuteOfDay(at)).toBe(22 * 60 + 30)
    expect(createLocalTime('America/St_Johns').iso(Date.UTC(2026, 0, 1))).toBe(
      '2025-12-31T20:30:00-03:30',
    )
  })

  it('follows summer time', () => {
    const berlin = createLocalTime('Europe/Berlin')
    const change = Date.UTC(2026, 2, 29, 1)
    expect(berlin.minuteOfDay(change - 1)).toBe(119)
    expect(berlin.minuteOfDay(change)).toBe(180)
  })

  it('refuses a zone that does not exist', () => {
    expect(() => createLocalTime('Asia/Linhe')).toThrow(RangeError)
  })
})
