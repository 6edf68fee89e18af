// The city's calendar, also where clocks are put forward and back.

import { describe, expect, it } from 'vitest'
import { createPeriodStart, localDateOf, startOfDay } from '../../../src/core/time/calendar.ts'
import type { Period } from '../../../src/core/time/calendar.ts'
import { createLocalTime } from '../../../src/core/time/local-time.ts'

const china = createLocalTime('Asia/Shanghai')
const berlin = createLocalTime('Europe/Berlin')
const at = (text: string): number => Date.parse(text)

describe('calendar', () => {
  it.each<[Period, string, string]>([
    ['day', '2026-06-30T16:00:00Z', '2026-06-30T16:00:00Z'],
    ['day', '2026-06-30T15:59:59Z', '2026-06-29T16:00:00Z'],
    ['month', '2026-06-30T16:00:00Z', '2026-06-30T16:00:00Z'],
    ['month', '2026-06-30T15:59:59Z', '2026-05-31T16:00:00Z'],
    ['year', '2026-12-31T16:00:00Z', '2026-12-31T16:00:00Z'],
    ['year', '2026-12-31T15:59:59Z', '2025-12-31T16:00:00Z'],
  ])('finds the start of the %s of %s', (period, moment, expected) => {
    const startOf = createPeriodStart(period, china)
    expect(startOf(at(moment))).toBe(at(expected))
    expect(startOf(at(moment) + 1)).toBe(at(expected))
    expect(createPeriodStart(period, china)(at(moment) - 86_400_000 * 400)).toBeLessThan(
      at(expected),
    )
  })

  it('finds the days on which clocks change', () => {
    const startOf = createPeriodStart('day', berlin)
    expect(startOf(at('2026-03-29T12:00:00+02:00'))).toBe(at('2026-03-29T00:00:00+01:00'))
    expect(startOf(at('2026-03-30T00:00:00+02:00'))).toBe(at('2026-03-30T00:00:00+02:00'))
    expect(startOf(at('2026-10-25T23:59:59+01:00'))).toBe(at('2026-10-25T00:00:00+02:00'))
    expect(startOf(at('2026-10-26T00:00:00+01:00'))).toBe(at('2026-10-26T00:00:00+01:00'))
  })

  it('turns dates into moments and back', () => {
    const date = { year: 2028, month: 2, day: 29 }
    expect(localDateOf(china, startOfDay(china, date))).toEqual(date)
    expect(localDateOf(china, startOfDay(china, date) - 1)).toEqual({ ...date, day: 28 })
  })
})
