import { describe, expect, it } from 'vitest'
import {
  keepsLateData,
  keptFrom,
  keptMs,
  parseRetention,
  retentionWarnings,
  type LevelRetention,
} from '../../../src/core/telemetry/retention-policy.ts'

const DAY = 86_400_000

function kept(text: string): LevelRetention {
  const parsed = parseRetention(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.retention
}

describe('parseRetention()', () => {
  it.each([
    ['90d', { keepMs: 90 * DAY, exceptions: {} }],
    ['forever', { keepMs: null, exceptions: {} }],
    ['36h', { keepMs: 1.5 * DAY, exceptions: {} }],
    [
      ' 90d , indoor-temperature = 800d,streetlight=forever',
      { keepMs: 90 * DAY, exceptions: { 'indoor-temperature': 800 * DAY, streetlight: null } },
    ],
  ])('reads "%s"', (text, expected) => {
    expect(parseRetention(text)).toEqual({ ok: true, retention: expected })
  })

  it.each([
    ['', 'expected a duration such as 90d, or forever, got ""'],
    ['90', 'got "90"'],
    ['-1d', 'got "-1d"'],
    ['90d,', 'expected exceptions such as streetlight=30d, got ""'],
    ['90d,streetlight', 'got "streetlight"'],
    ['90d,Street Light=30d', 'got "Street Light=30d"'],
    ['90d,streetlight=soon', 'for "streetlight", got "soon"'],
    ['90d,streetlight=30d,streetlight=31d', 'one exception for "streetlight", got two'],
    ['90d,__proto__=30d', 'expected exceptions'],
    [`90d${',a=1d'.repeat(201)}`, 'at most 200 exceptions, got 201'],
    ['x'.repeat(5_000), `got "${'x'.repeat(60)}…"`],
  ])('says what is wrong with "%.40s"', (text, reason) => {
    const parsed = parseRetention(text)
    expect(parsed.ok).toBe(false)
    if (!parsed.ok) expect(parsed.reason).toContain(reason)
  })
})

describe('keptMs()', () => {
  it('takes the exception of a type, and only a real one', () => {
    const retention = kept('90d,streetlight=30d,irrigation=forever')
    expect(keptMs(retention, 'streetlight')).toBe(30 * DAY)
    expect(keptMs(retention, 'irrigation')).toBeNull()
    expect(keptMs(retention, 'hydrant')).toBe(90 * DAY)
    expect(keptMs(retention, 'constructor')).toBe(90 * DAY)
  })
})

describe('keptFrom()', () => {
  it('never lies later than late readings need', () => {
    expect(keptFrom(kept('90d'), 'hydrant', 100 * DAY)).toBe(10 * DAY)
    expect(keptFrom(kept('1d'), 'hydrant', 100 * DAY)).toBe(92 * DAY)
    expect(keptFrom(kept('forever'), 'hydrant', 100 * DAY)).toBe(0)
    expect(keptFrom(kept('900d'), 'hydrant', 100 * DAY)).toBe(0)
  })
})

describe('keepsLateData()', () => {
  it.each([
    ['8d', true],
    ['7d', false],
    ['forever', true],
    ['90d,streetlight=8d', true],
    ['90d,streetlight=191h', false],
    ['90d,streetlight=forever', true],
  ])('of %s is %s', (text, expected) => {
    expect(keepsLateData(kept(text))).toBe(expected)
  })
})

describe('retentionWarnings()', () => {
  const policy = (raw: string, minute: string, hour: string, day: string) => ({
    raw: kept(raw),
    '1m': kept(minute),
    '1h': kept(hour),
    '1d': kept(day),
  })
  const types = ['streetlight', 'hydrant']

  it('has none for the usual policy', () => {
    expect(retentionWarnings(policy('90d', '400d', '1830d', 'forever'), types)).toEqual([])
    expect(retentionWarnings(policy('90d', '90d', '90d', '90d'), types)).toEqual([])
  })

  it('names types there are not, and levels that outlive the coarser one', () => {
    expect(
      retentionWarnings(policy('90d,lamp=8d', '30d', '1830d,hydrant=20d', 'forever'), types),
    ).toEqual([
      'Retention of raw names a device type there is not: "lamp"',
      'Windows of 1m are kept for less time than raw (all types)',
      'Windows of 1h are kept for less time than 1m (hydrant)',
    ])
    expect(retentionWarnings(policy('forever', 'forever', 'forever', '9d'), types)).toHaveLength(1)
  })
})
