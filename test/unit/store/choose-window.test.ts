import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { telemetryWindows } from '../../../src/ports.ts'
import { chooseWindow } from '../../../src/store/telemetry/choose-window.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A midnight in Shanghai. */
const FROM = Date.UTC(2026, 10, 1, 16)

describe('chooseWindow()', () => {
  it.each([
    ['an hour', HOUR, {}, 'raw'],
    ['ten hours of minutes', 10 * HOUR, {}, 'raw'],
    ['ten hours and a minute', 10 * HOUR + MINUTE, {}, '5m'],
    ['ten hours of a device that reports every second', 10 * HOUR, { reportSeconds: 1 }, '1m'],
    ['a day', DAY, {}, '5m'],
    ['a day on a narrow screen', DAY, { width: 100 }, '15m'],
    ['a day of a device that reports every hour', DAY, { reportSeconds: 3600 }, 'raw'],
    ['a day of a hundred devices', DAY, { devices: 100 }, '5m'],
    ['a day of a thousand devices', DAY, { devices: 1_000 }, '1h'],
    ['a week', 7 * DAY, {}, '1h'],
    ['thirty days, an hour each for its pixel', 30 * DAY, { width: 720 }, '1h'],
    ['thirty days', 30 * DAY, {}, '6h'],
    ['a year', 365 * DAY, {}, '1d'],
    ['ten years, as nothing is coarser', 3_650 * DAY, {}, '1d'],
    ['a year of a thousand devices', 365 * DAY, { devices: 1_000 }, '1d'],
  ] as const)('takes for %s the finest that fits', (_what, length, more, expected) => {
    expect(chooseWindow({ from: FROM, to: FROM + length, reportSeconds: 60, ...more })).toBe(
      expected,
    )
  })

  it('never gives more points than there is room for, and no coarser window than needed', () => {
    const windowAt = createLocalWindows('Asia/Shanghai')
    fc.assert(
      fc.property(
        fc.integer({ min: -DAY, max: DAY }),
        fc.integer({ min: 1, max: 400 * DAY }),
        fc.integer({ min: 30, max: 2_000 }),
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 100 }),
        (start, length, width, reportSeconds, devices) => {
          const [from, to] = [FROM + start, FROM + start + length]
          const window = chooseWindow({ from, to, width, reportSeconds, devices })
          const most = Math.min(width, 50_000 / devices)
          /** With the windows at both ends, cut or not. */
          const count = (one: typeof window): number => {
            if (one === 'raw') return length / (reportSeconds * 1000)
            const first = windowAt(one, from)
            return Math.round((windowAt(one, to - 1).end - first.start) / (first.end - first.start))
          }
          const finer = telemetryWindows[telemetryWindows.indexOf(window) - 1]
          // Six hours and days begin where the zone says; a span that begins on a quarter hour may not.
          const slack = (one: typeof window) => (one === '6h' || one === '1d' ? 1 : 0)
          if (window !== '1d') expect(count(window)).toBeLessThanOrEqual(most + slack(window))
          if (finer !== undefined)
            expect(Math.ceil(count(finer)) + slack(finer)).toBeGreaterThan(most)
        },
      ),
      { numRuns: 300 },
    )
  })
})
