import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createLocalWindows,
  windowStartFrom,
  type SummaryWindow,
} from '../../../src/store/telemetry/local-windows.ts'
import { startOfWindow } from '../../contracts/brute-force-windows.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const windows: readonly SummaryWindow[] = ['1m', '5m', '15m', '1h', '6h', '1d']

/** Zones, and a moment within a day of a clock change where they have one. */
const places = [
  ['Asia/Shanghai', '2026-11-01T00:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
  ['Africa/Cairo', '2026-10-29T21:00:00Z'],
  ['Asia/Kathmandu', '2026-11-01T00:00:00Z'],
  // A clock that was put forward by half an hour in the middle of an hour, for good.
  ['Asia/Pyongyang', '2018-05-04T15:00:00Z'],
  // A day that never was.
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
] as const

describe('createLocalWindows()', () => {
  it.each([
    // The clock goes from 03:00 back to 02:00, and in spring from 02:00 on to 03:00.
    ['Europe/Berlin', '2026-10-24T22:00:00Z', 7],
    ['Europe/Berlin', '2026-10-25T05:00:00Z', 6],
    ['Europe/Berlin', '2026-03-28T23:00:00Z', 5],
    ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', 6.5],
    ['Africa/Cairo', '2026-04-23T22:00:00Z', 5],
    ['Africa/Cairo', '2026-10-29T15:00:00Z', 7],
  ])('gives the quarter of a day in %s from %s %d hours', (timeZone, start, hours) => {
    const windowAt = createLocalWindows(timeZone)
    const t = Date.parse(start)
    const end = t + hours * HOUR
    for (const at of [t, end - 1, t + HOUR, t + 3 * HOUR])
      expect(windowAt('6h', at)).toEqual({ start: t, end })
    expect(windowAt('6h', end).start).toBe(end)
  })

  it.each(places)('cuts time in %s around %s as the wall clock does', (timeZone, moment) => {
    const windowAt = createLocalWindows(timeZone)
    const zero = Date.parse(moment)
    const offset = fc.oneof(
      fc.integer({ min: -2 * DAY, max: 2 * DAY }),
      fc.integer({ min: -200, max: 200 }).map((quarter) => quarter * 900_000),
    )
    fc.assert(
      fc.property(offset, fc.constantFrom(...windows), (ms, window) => {
        const t = zero + ms
        const { start, end } = windowAt(window, t)
        expect(start).toBe(startOfWindow(window, t, timeZone))
        expect(end).toBeGreaterThan(t)
        expect(startOfWindow(window, end - 1, timeZone)).toBe(start)
        expect(startOfWindow(window, end, timeZone)).toBe(end)
        for (const shorter of windows.slice(0, windows.indexOf(window)))
          for (const edge of [start, end]) expect(windowAt(shorter, edge).start).toBe(edge)
      }),
      { numRuns: 60 },
    )
  })

  it('answers the same in whatever order it is asked', () => {
    const zero = Date.UTC(2026, 9, 25)
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: -3 * DAY, max: 3 * DAY }), fc.constantFrom(...windows)),
        ),
        (questions) => {
          const windowAt = createLocalWindows('Europe/Berlin')
          const first = questions.map(([ms, window]) => windowAt(window, zero + ms))
          const again = questions.map(([ms, window]) => windowAt(window, zero + ms))
          expect(again).toEqual(first)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('throws for a zone there is not', () => {
    expect(() => createLocalWindows('Mars/Olympus')).toThrow(RangeError)
  })
})

describe('windowStartFrom()', () => {
  it('gives the moment itself where a window begins, else the beginning of the next', () => {
    const windowAt = createLocalWindows('Asia/Kathmandu')
    const hour = Date.parse('2026-11-01T00:15:00Z')
    expect(windowStartFrom(windowAt, '1h', hour)).toBe(hour)
    expect(windowStartFrom(windowAt, '1h', hour + 1)).toBe(hour + HOUR)
    expect(windowStartFrom(windowAt, '1h', hour - 1)).toBe(hour)
  })
})
