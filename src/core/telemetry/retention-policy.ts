// How long readings and windows are kept, level by level, with exceptions per device type. As text: `90d,streetlight=30d`.

import type { Millis } from '../position.ts'

/** How long one level is kept; null: for ever. */
export interface LevelRetention {
  readonly keepMs: number | null
  /** By type id, in place of `keepMs`. */
  readonly exceptions: Readonly<Record<string, number | null>>
}

export type RetentionPolicy = Readonly<Record<'raw' | '1m' | '1h' | '1d', LevelRetention>>

export type ParsedRetention =
  | { readonly ok: true; readonly retention: LevelRetention }
  /** What was wrong: the value and what was expected. */
  | { readonly ok: false; readonly reason: string }

const DAY_MS = 86_400_000

/**
 * Readings come up to seven days late, and their windows are then worked out again from what the level below still holds. A level
 * that were kept for less would give windows made of a part of their readings.
 */
export const LEAST_KEPT_MS = 8 * DAY_MS

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
}
const DURATION_PATTERN = /^(\d{1,9})(ms|s|m|h|d)$/
const TYPE_ID_PATTERN = /^[a-z][a-z0-9-]{0,63}$/
const PARTS_MAX = 200
const EXPECTED = 'a duration such as 90d, or forever'

/** Reads `90d`, `forever` or `90d,indoor-temperature=800d,streetlight=forever`; the first part is for all types but those named. */
export function parseRetention(text: string): ParsedRetention {
  const [common = '', ...parts] = text.split(',').map((part) => part.trim())
  const keepMs = parseKeep(common)
  if (keepMs === undefined) return wrong(`expected ${EXPECTED}, got "${shown(common)}"`)
  if (parts.length > PARTS_MAX)
    return wrong(`expected at most ${PARTS_MAX} exceptions, got ${parts.length}`)
  const exceptions = new Map<string, number | null>()
  for (const part of parts) {
    const at = part.indexOf('=')
    const type = part.slice(0, Math.max(at, 0)).trim()
    if (!TYPE_ID_PATTERN.test(type))
      return wrong(`expected exceptions such as streetlight=30d, got "${shown(part)}"`)
    if (exceptions.has(type)) return wrong(`expected one exception for "${type}", got two`)
    const keep = parseKeep(part.slice(at + 1).trim())
    if (keep === undefined)
      return wrong(`expected ${EXPECTED} for "${type}", got "${shown(part.slice(at + 1).trim())}"`)
    exceptions.set(type, keep)
  }
  return { ok: true, retention: { keepMs, exceptions: Object.fromEntries(exceptions) } }
}

/** How long the level keeps what comes from devices of the type; null: for ever. */
export function keptMs(retention: LevelRetention, type: string): number | null {
  const exception = Object.hasOwn(retention.exceptions, type)
    ? retention.exceptions[type]
    : undefined
  return exception === undefined ? retention.keepMs : exception
}

/** Whether readings that come late still find what their windows are made of. */
export function keepsLateData(retention: LevelRetention): boolean {
  return [retention.keepMs, ...Object.values(retention.exceptions)].every(
    (keep) => keep === null || keep >= LEAST_KEPT_MS,
  )
}

/** What is allowed and most likely not meant, one readable line each. */
export function retentionWarnings(policy: RetentionPolicy, types: readonly string[]): string[] {
  const warnings: string[] = []
  const levels = ['raw', '1m', '1h', '1d'] as const
  for (const level of levels)
    for (const type of Object.keys(policy[level].exceptions))
      if (!types.includes(type))
        warnings.push(`Retention of ${level} names a device type there is not: "${type}"`)
  for (const [index, level] of levels.entries()) {
    const lower = levels[index - 1]
    if (lower === undefined) continue
    const early = types.filter(
      (type) => finite(keptMs(policy[level], type)) < finite(keptMs(policy[lower], type)),
    )
    if (early.length === 0) continue
    const whose = early.length === types.length ? 'all types' : early.join(', ')
    warnings.push(`Windows of ${level} are kept for less time than ${lower} (${whose})`)
  }
  return warnings
}

/** From when on the type's level has to be there. */
export function keptFrom(retention: LevelRetention, type: string, now: Millis): Millis {
  const keep = keptMs(retention, type)
  return keep === null ? 0 : Math.max(0, now - Math.max(keep, LEAST_KEPT_MS))
}

/** Undefined: not readable. */
function parseKeep(text: string): number | null | undefined {
  if (text === 'forever') return null
  const [, digits = '', unit = ''] = DURATION_PATTERN.exec(text) ?? []
  const unitMs = UNIT_MS[unit]
  return unitMs === undefined ? undefined : Number(digits) * unitMs
}

const finite = (keep: number | null): number => keep ?? Number.POSITIVE_INFINITY
const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
const wrong = (reason: string): ParsedRetention => ({ ok: false, reason })
