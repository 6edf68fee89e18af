// Golden lines of line protocol, and what it cannot say.

import { describe, expect, it } from 'vitest'
import {
  createReadingLines,
  escapeMeasurement,
  escapeTag,
  floatText,
  seriesPrefix,
} from '../../../src/store/influx/line-protocol.ts'
import { metricsByType } from '../../../src/store/telemetry/metrics.ts'
import { contractTypes, NOON, reading } from '../../contracts/telemetry-readings.ts'

describe('escapeTag()', () => {
  it.each([
    ['L1', 'L1'],
    ['a b', 'a\\ b'],
    ['a,b', 'a\\,b'],
    ['a=b', 'a\\=b'],
    ['a\\b', 'a\\b'],
    ['a\\,b', 'a\\\\,b'],
    ['it\'s "quoted"', 'it\'s\\ "quoted"'],
    ['路灯-01', '路灯-01'],
    ['a\tb', 'a\tb'],
    ['', null],
    ['a\\', null],
    ['a\nb', null],
    ['a\rb', null],
    ['a\0b', null],
    ['\ud800', null],
  ])('writes %j as %j', (text, escaped) => {
    expect(escapeTag(text)).toBe(escaped)
  })
})

describe('escapeMeasurement()', () => {
  it.each([
    ['streetlight_1m', 'streetlight_1m'],
    ['a b,c=d', 'a\\ b\\,c=d'],
    ['#comment', null],
  ])('writes %j as %j', (text, escaped) => {
    expect(escapeMeasurement(text)).toBe(escaped)
  })
})

describe('floatText()', () => {
  it.each([
    [5, '5'],
    [-0, '-0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e21, '1e+21'],
    [-1e-7, '-1e-7'],
    [5e-324, '5e-324'],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [Number.NEGATIVE_INFINITY, null],
  ])('writes %d as %j', (value, text) => {
    expect(floatText(value)).toBe(text)
  })
})

describe('seriesPrefix()', () => {
  it('leaves out a division that is empty and refuses one that cannot be said', () => {
    expect(seriesPrefix('m', 'L 1', '150802')).toBe('m,device=L\\ 1,division=150802 ')
    expect(seriesPrefix('m', 'L1', '')).toBe('m,device=L1 ')
    expect(seriesPrefix('m', 'L1', 'x\\')).toBeNull()
    expect(seriesPrefix('m', '', '1')).toBeNull()
  })
})

describe('createReadingLines()', () => {
  const lines = createReadingLines(metricsByType(contractTypes))

  it('writes what a reading says, all as floats, at its millisecond', () => {
    const one = reading(1, NOON + 0.75, { power: 92.5, lamp_on: 1, battery_pct: 87 })
    expect(lines.lineOf(one, one.division)).toBe(
      `streetlight,device=L1,division=150802 power=92.5,lamp_on=1,battery_pct=87 ${NOON}`,
    )
  })

  it('marks a simulated one, and remembers each division of a device apart', () => {
    const one = reading(1, NOON, { power: 0 }, { simulated: true })
    expect(lines.lineOf(one, 'A')).toBe(
      `streetlight,device=L1,division=A simulated=1,power=0 ${NOON}`,
    )
    expect(lines.lineOf(one, 'B')).toBe(
      `streetlight,device=L1,division=B simulated=1,power=0 ${NOON}`,
    )
  })

  it('has a field also where the reading has no value', () => {
    expect(lines.lineOf(reading(1, NOON, {}), 'A')).toBe(
      `streetlight,device=L1,division=A simulated=0 ${NOON}`,
    )
  })

  it('has no line for a device that cannot be said', () => {
    expect(lines.lineOf(reading(1, NOON, { power: 1 }, { device: 'a\nb x=1 1' }), 'A')).toBeNull()
  })
})
