import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTimes, moment } from '../../../src/api/times.ts'

describe('createTimes()', () => {
  it.each([
    ['Asia/Shanghai', '2026-11-01T14:30:00.123Z', '2026-11-01T22:30:00.123+08:00'],
    ['UTC', '2026-11-01T14:30:00.000Z', '2026-11-01T14:30:00.000+00:00'],
    ['Asia/Kolkata', '2026-12-31T20:00:00.000Z', '2027-01-01T01:30:00.000+05:30'],
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', '2026-03-29T01:59:59.999+01:00'],
    ['Europe/Berlin', '2026-03-29T01:00:00.000Z', '2026-03-29T03:00:00.000+02:00'],
    ['America/St_Johns', '2026-01-01T00:00:00.000Z', '2025-12-31T20:30:00.000-03:30'],
  ])('writes with the offset of %s', (zone, utc, expected) => {
    expect(createTimes(zone).iso(Date.parse(utc))).toBe(expected)
  })

  it('writes what moment reads back, in every zone', () => {
    const zones = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe'].map(createTimes)
    const at = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) })
    fc.assert(
      fc.property(at, fc.constantFrom(...zones), (ms, times) => {
        expect(moment.parse(times.iso(ms))).toBe(ms)
        expect(moment.parse(String(ms))).toBe(ms)
      }),
    )
  })

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => typeof moment.safeParse(text).success === 'boolean'),
    )
  })
})
