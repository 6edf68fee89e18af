import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fittingWindow,
  longerWindow,
  pointsIn,
  POINTS_MAX,
} from '../../../src/api/window-counts.ts'
import { telemetryWindows } from '../../../src/ports.ts'

const DAY_MS = 86_400_000
const chart = (days: number, series = 1) => ({
  from: 0,
  to: days * DAY_MS,
  series,
  reportSeconds: 60,
})

describe('the window that fits', () => {
  it.each([
    ['one device for a day', '1m', chart(1), undefined, '1m'],
    ['one device for a day on 600 pixels', '1m', chart(1), 600, '5m'],
    ['one device for thirty days on 600 pixels', '1m', chart(30), 600, '6h'],
    ['a hundred devices for a day', '1m', chart(1, 100), undefined, '5m'],
    ['a thousand devices for a day', '1m', chart(1, 1000), undefined, '1h'],
    ['never a finer one than allowed', '6h', chart(1), 600, '6h'],
    ['more days than pixels', '1m', chart(400), 100, '1d'],
    ['a thousand devices for a year', '1m', chart(365, 1000), undefined, null],
  ] as const)('of %s', (_name, shortest, given, width, expected) => {
    expect(fittingWindow(shortest, given, width)).toBe(expected)
  })

  it('never gives more points than an answer may have', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 * DAY_MS }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 86_400 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom(...telemetryWindows),
        (to, series, reportSeconds, width, shortest) => {
          const given = { from: 0, to, series, reportSeconds }
          const window = fittingWindow(shortest, given, width)
          if (window === null) expect(pointsIn('1d', given) * series).toBeGreaterThan(POINTS_MAX)
          else {
            expect(pointsIn(window, given) * series).toBeLessThanOrEqual(POINTS_MAX)
            expect(longerWindow(window, shortest)).toBe(window)
          }
        },
      ),
    )
  })
})
