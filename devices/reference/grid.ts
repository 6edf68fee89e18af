// Codes of unit grids (单元网格): six digits of a county, three of a street or town, three of a community, and two or three of the
// grid itself (the standard's text is not at hand, so both lengths are good).

import { divisionProblem } from '../../src/core/registry/division.ts'
import { divisionOf } from './divisions.ts'

export type Grid =
  | {
      readonly ok: true
      readonly division: string
      readonly street: string
      readonly community: string
      readonly serial: string
    }
  | { readonly ok: false; readonly reason: string }

const PATTERN = /^(\d{6})(\d{3})(\d{3})(\d{2,3})$/

/** The grid taken apart, or what is wrong with it; its county must be one of the city's. */
export function parseGrid(code: string): Grid {
  const [, division = '', street = '', community = '', serial = ''] = PATTERN.exec(code) ?? []
  if (division === '')
    return {
      ok: false,
      reason: `expected a grid of 14 or 15 digits, got "${code.slice(0, 40)}"`,
    }
  const problem = divisionProblem(division)
  if (problem !== null) return { ok: false, reason: problem }
  if (divisionOf(division)?.kind !== 'county')
    return {
      ok: false,
      reason: `expected a grid that begins with the code of a county of the city, got ${division}`,
    }
  return { ok: true, division, street, community, serial }
}
