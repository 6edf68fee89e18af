// Since when retention wants its borders, and which it has acted upon. Pure. A border is acted upon only once the runs of a whole day have
// wanted it: so a clock that stands wrong for an hour, or a slip in the policy, takes nothing that is still wanted.

import type { Millis } from '../../core/position.ts'

/** What lies before it shall go. */
export interface WantedBorder {
  readonly before: Millis
  /** When the first run wanted it. */
  readonly since: Millis
  /** How many runs have. */
  readonly seen: number
}

export interface LevelBorders {
  /** What is older may be gone; 0: nothing is. */
  readonly acted: Millis
  /** The oldest border first; one that came later takes more. */
  readonly wanted: readonly WantedBorder[]
}

export interface RetentionBorders {
  /** When a run was last counted. */
  readonly countedAt: Millis | null
  /** By level and type. */
  readonly levels: ReadonlyMap<string, LevelBorders>
}

export const noBorders: RetentionBorders = { countedAt: null, levels: new Map() }
export const nothingWanted: LevelBorders = { acted: 0, wanted: [] }

/** Runs come every hour, and after each start. */
export const RUNS_TO_ACT = 24

const HOUR_MS = 3_600_000
/** A run that comes sooner after another one is not counted: restarts make no day shorter. */
const COUNTED_GAP_MS = 50 * 60_000
/** A border changes once a day; more of them come from a clock that leaps about. The newest are left out: they are wanted again. */
const WANTED_MAX = 50

/**
 * The borders after a run that wants `policy` (by level and type). What the policy no longer wants is forgotten at once; a clock that went
 * back makes everything begin anew, as nobody knows how long it has been wanted.
 */
export function noteRun(
  borders: RetentionBorders,
  now: Millis,
  policy: ReadonlyMap<string, Millis>,
  runsToAct: number,
): RetentionBorders {
  const { countedAt } = borders
  const isBack = countedAt !== null && now < countedAt
  const isCounted = countedAt === null || isBack || now - countedAt >= COUNTED_GAP_MS
  const levels = new Map(borders.levels)
  for (const [key, before] of policy) {
    const { acted, wanted } = levels.get(key) ?? nothingWanted
    const kept = isBack ? [] : wanted.filter((one) => one.before <= before)
    const noted = isCounted ? counted(kept, before, now) : kept
    levels.set(key, { acted, wanted: withoutCovered(noted, now, runsToAct) })
  }
  return { countedAt: isCounted ? now : countedAt, levels }
}

function counted(
  wanted: readonly WantedBorder[],
  before: Millis,
  now: Millis,
): readonly WantedBorder[] {
  const again = wanted.map((one) => ({ ...one, seen: one.seen + 1 }))
  if (before <= 0 || wanted.some((one) => one.before === before)) return again
  return [...again, { before, since: now, seen: 1 }].slice(0, WANTED_MAX)
}

/** A border that is due takes what the older ones do. */
function withoutCovered(
  wanted: readonly WantedBorder[],
  now: Millis,
  runsToAct: number,
): readonly WantedBorder[] {
  const due = wanted.findLastIndex((one) => isDue(one, now, runsToAct))
  return wanted.slice(Math.max(0, due))
}

/** The border that may be acted upon, when there is one. */
export function dueBorder(
  level: LevelBorders | undefined,
  now: Millis,
  runsToAct: number,
): Millis | null {
  return level?.wanted.findLast((one) => isDue(one, now, runsToAct))?.before ?? null
}

/** The borders with one acted upon, down to `gone`; `done`: all of it has been done, and it is wanted no more. */
export function acted(
  borders: RetentionBorders,
  key: string,
  { gone, done }: { readonly gone: Millis; readonly done: Millis },
): RetentionBorders {
  const level = borders.levels.get(key) ?? nothingWanted
  return {
    ...borders,
    levels: new Map(borders.levels).set(key, {
      acted: Math.max(level.acted, gone),
      wanted: level.wanted.filter((one) => one.before > done),
    }),
  }
}

/** When what lies before `to` goes at the earliest, given that the policy wants it now. */
export function dueAt(
  borders: RetentionBorders,
  key: string,
  { to, before, now, runsToAct }: DueQuestion,
): Millis {
  const { countedAt } = borders
  const isBack = countedAt === null || now < countedAt
  const wanted = isBack ? [] : (borders.levels.get(key)?.wanted ?? [])
  const first = wanted.find((one) => one.before >= to && one.before <= before)
  if (first === undefined) return Math.max(now, now + waitMs(runsToAct))
  const runsLeft = Math.max(0, runsToAct - first.seen)
  return Math.max(
    now,
    first.since + waitMs(runsToAct),
    (countedAt ?? now) + runsLeft * COUNTED_GAP_MS,
  )
}

export interface DueQuestion {
  readonly to: Millis
  /** What the policy wants. */
  readonly before: Millis
  readonly now: Millis
  readonly runsToAct: number
}

function isDue({ since, seen }: WantedBorder, now: Millis, runsToAct: number): boolean {
  return seen >= runsToAct && now - since >= waitMs(runsToAct)
}

/** Between the first and the last of the runs, as hours go; one that is some minutes early counts. */
function waitMs(runsToAct: number): number {
  return (runsToAct - 1) * HOUR_MS - (HOUR_MS - COUNTED_GAP_MS)
}
