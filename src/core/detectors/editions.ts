// Which edition of its standard a rule follows at a moment: editions take effect with a local day.

import { startOfDay } from '../time/calendar.ts'
import type { LocalTime } from '../time/local-time.ts'
import type { Millis } from '../position.ts'
import type { Edition, Rule, Standard } from '../rule.ts'

/** Throws RangeError when the date is none. */
export function startOfEdition({ from }: Edition, localTime: LocalTime): Millis {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(from)
  const [year, month, day] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])]
  const date = new Date(Date.UTC(year, month - 1, day))
  if (match === null || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    throw new RangeError(
      `Cannot read an edition: expected a date such as 2026-01-01, got "${from}"`,
    )
  return startOfDay(localTime, { year, month, day })
}

/** The standard in force at a moment. */
export function standardAt(rule: Rule, at: Millis, localTime: LocalTime): Standard {
  let { standard } = rule
  for (const edition of rule.editions ?? []) {
    if (at < startOfEdition(edition, localTime)) break
    standard = edition.standard
  }
  return standard
}
