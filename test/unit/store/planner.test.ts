import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  rollupLevels,
  telemetryWindows,
  type RollupLevel,
  type TelemetryLevel,
} from '../../../src/ports.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import {
  levelsOf,
  planPieces,
  type Piece,
  type PlanOptions,
} from '../../../src/store/telemetry/planner.ts'
import { joined } from './queries-model.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const shanghai = createLocalWindows('Asia/Shanghai')
/** A local midnight. */
const MIDNIGHT = Date.UTC(2026, 10, 1, 16)

function plan(more: Partial<PlanOptions>): readonly Piece[] {
  return planPieces({
    window: '1h',
    from: MIDNIGHT,
    to: MIDNIGHT + DAY,
    windowAt: shanghai,
    through: () => MIDNIGHT + 1000 * DAY,
    stale: () => [],
    keptSince: () => 0,
    ...more,
  })
}

/** `raw 0:30-1:00`, in hours after midnight. */
function drawn(pieces: readonly Piece[]): string[] {
  const clock = (t: number): string => {
    const minutes = (t - MIDNIGHT) / MINUTE
    return `${Math.floor(minutes / 60)}:${String(minutes - Math.floor(minutes / 60) * 60).padStart(2, '0')}`
  }
  return pieces.map(({ level, from, to }) => `${level} ${clock(from)}-${clock(to)}`)
}

const at = (hours: number, minutes = 0): number => MIDNIGHT + hours * HOUR + minutes * MINUTE

describe('planPieces()', () => {
  it.each([
    ['one level where all is kept', {}, ['1h 0:00-24:00']],
    ['readings only for raw', { window: 'raw' }, ['raw 0:00-24:00']],
    ['minutes for 15 of them', { window: '15m' }, ['1m 0:00-24:00']],
    ['hours for six of them', { window: '6h' }, ['1h 0:00-24:00']],
    [
      'edges from below',
      { window: '1d', from: at(-1, -0.5), to: at(25, 1.5) },
      [
        'raw -2:59.5--1:00',
        '1h -1:00-0:00',
        '1d 0:00-24:00',
        '1h 24:00-25:00',
        '1m 25:00-25:01',
        'raw 25:01-25:1.5',
      ],
    ],
    [
      'the tail from below',
      { through: (level: RollupLevel) => (level === '1m' ? at(23, 30) : at(20)) },
      ['1h 0:00-20:00', '1m 20:00-23:30', 'raw 23:30-24:00'],
    ],
    [
      'stale hours from their readings',
      {
        stale: (_: RollupLevel, from: number, to: number) =>
          joined([{ start: at(3), end: at(5) }], from, to),
      },
      ['1h 0:00-3:00', 'raw 3:00-5:00', '1h 5:00-24:00'],
    ],
    [
      'a whole window where what it is made of has expired',
      {
        from: at(0, 30),
        to: at(9, 30),
        keptSince: (level: TelemetryLevel) => (level === '1h' ? 0 : at(100)),
      },
      ['1h 0:00-10:00'],
    ],
    [
      'a stale window where what it is made of has expired',
      {
        stale: (_: RollupLevel, from: number, to: number) =>
          joined([{ start: at(3), end: at(5) }], from, to),
        keptSince: (level: TelemetryLevel) => (level === '1h' ? 0 : at(100)),
      },
      ['1h 0:00-24:00'],
    ],
    [
      'coarser windows where those of the chart have expired, and nothing where all have',
      {
        window: '15m',
        from: at(-100),
        to: at(30),
        keptSince: (level: TelemetryLevel) =>
          ({ raw: at(28), '1m': at(27, 30), '1h': at(-20), '1d': at(-48) })[level],
      },
      ['1d -48:00-0:00', '1h 0:00-28:00', '1m 28:00-30:00'],
    ],
  ] satisfies [string, Partial<PlanOptions>, string[]][])('takes %s', (_what, more, expected) => {
    expect(drawn(plan(more))).toEqual(expected)
  })

  const moment = fc.oneof(
    fc.integer({ min: -3 * DAY, max: 3 * DAY }),
    fc.integer({ min: -3 * 24, max: 3 * 24 }).map((hours) => hours * HOUR),
    fc.integer({ min: -3, max: 3 }).map((days) => days * DAY),
  )
  const span = fc
    .tuple(moment, fc.oneof(fc.integer({ min: 1, max: DAY }), fc.constant(HOUR)))
    .map(([start, length]) => ({ start, end: start + length }))
  const situation = fc.record({
    zone: fc.constantFrom(
      ['Asia/Shanghai', MIDNIGHT] as const,
      ['Europe/Berlin', Date.UTC(2026, 9, 25, 1)] as const,
      ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15)] as const,
      ['Asia/Kathmandu', MIDNIGHT] as const,
    ),
    window: fc.constantFrom(...telemetryWindows),
    ends: fc.tuple(moment, moment),
    through: fc.record({ '1m': moment, '1h': moment, '1d': moment }),
    stale: fc.record({
      '1m': fc.array(span, { maxLength: 4 }),
      '1h': fc.array(span, { maxLength: 4 }),
      '1d': fc.array(span, { maxLength: 2 }),
    }),
    kept: fc.record({ raw: moment, '1m': moment, '1h': moment, '1d': moment }),
  })
  type Situation = typeof situation extends fc.Arbitrary<infer Drawn> ? Drawn : never

  function optionsOf(drawn: Situation, expires: boolean): PlanOptions {
    const [timeZone, zero] = drawn.zone
    const windowAt = createLocalWindows(timeZone)
    const [one, other] = drawn.ends
    const spans = (level: RollupLevel) =>
      drawn.stale[level].map(({ start, end }) => ({ start: zero + start, end: zero + end }))
    return {
      window: drawn.window,
      from: zero + Math.min(one, other),
      to: zero + Math.max(one, other) + 1,
      windowAt,
      through: (level) => windowAt(level, zero + drawn.through[level]).start,
      stale: (level, from, to) => joined(spans(level), from, to),
      keptSince: (level) => (expires ? zero + drawn.kept[level] : 0),
    }
  }

  function expectOrder(pieces: readonly Piece[], { windowAt }: PlanOptions): void {
    let last = Number.NEGATIVE_INFINITY
    for (const { level, from, to } of pieces) {
      expect(from).toBeGreaterThanOrEqual(last)
      expect(to).toBeGreaterThan(from)
      if (level !== 'raw') for (const t of [from, to]) expect(windowAt(level, t).start).toBe(t)
      last = to
    }
  }

  it('covers the span exactly, with the coarsest true level at every moment', () => {
    fc.assert(
      fc.property(
        situation,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
        (drawn, places) => {
          const options = optionsOf(drawn, false)
          const { from, to, windowAt, window } = options
          const pieces = planPieces(options)
          expectOrder(pieces, options)
          expect(pieces[0]?.from).toBe(from)
          expect(pieces.at(-1)?.to).toBe(to)
          for (const [index, piece] of pieces.entries())
            if (index > 0) expect(piece.from).toBe(pieces[index - 1]?.to)

          const trueLevel = (t: number): TelemetryLevel =>
            levelsOf(window).findLast((level) => {
              const { start, end } = windowAt(level, t)
              return (
                start >= from &&
                end <= to &&
                end <= options.through(level) &&
                options.stale(level, start, end).length === 0
              )
            }) ?? 'raw'
          const moments = [
            ...places.map((place) => Math.floor(from + place * (to - 1 - from))),
            ...pieces.flatMap((piece) => [piece.from, piece.to - 1]),
          ]
          for (const t of moments)
            expect(pieces.find((piece) => t >= piece.from && t < piece.to)?.level).toBe(
              trueLevel(t),
            )
        },
      ),
      { numRuns: 400 },
    )
  })

  it('covers all that is still kept once, and asks no level for what it no longer has', () => {
    fc.assert(
      fc.property(situation, (drawn) => {
        const options = optionsOf(drawn, true)
        const { from, to, windowAt, window, keptSince } = options
        if (window === 'raw') return
        const pieces = planPieces(options)
        expectOrder(pieces, options)
        for (const piece of pieces)
          expect(piece.from).toBeGreaterThanOrEqual(keptSince(piece.level))

        const firstKept = Math.min(
          keptSince('raw'),
          ...rollupLevels.map((level) => {
            const { start, end } = windowAt(level, keptSince(level))
            return start === keptSince(level) ? start : end
          }),
        )
        const begin = Math.max(from, firstKept)
        let covered = begin
        for (const piece of pieces) {
          expect(piece.from).toBeLessThanOrEqual(covered)
          covered = Math.max(covered, piece.to)
        }
        if (begin < to) expect(covered).toBeGreaterThanOrEqual(to)
        else expect(pieces).toEqual([])
        // Only a window that is taken whole reaches beyond the span.
        const [first, last] = [pieces[0], pieces.at(-1)]
        if (first !== undefined && first.from < from && first.level !== 'raw')
          expect(windowAt(first.level, from).start).toBe(first.from)
        if (last !== undefined && last.to > to && last.level !== 'raw')
          expect(windowAt(last.level, to).end).toBe(last.to)
        if (first?.level === 'raw') expect(first.from).toBeGreaterThanOrEqual(from)
        if (last?.level === 'raw') expect(last.to).toBe(to)
      }),
      { numRuns: 600 },
    )
  })
})
