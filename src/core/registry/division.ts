// What is checked of division codes (GB/T 2260) whatever city it is: codes that look right in old tables and belong to nobody now.

const PLACEHOLDER = '150801'
const RETIRED_PATTERN = /^1528(0\d|1\d|2[0-7])/

/** The league and its counties, until it became a city in 2004, and what they are now. */
const successors: Readonly<Record<string, string>> = {
  '152800': '150800',
  '152801': '150802',
  '152822': '150821',
  '152823': '150822',
  '152824': '150823',
  '152825': '150824',
  '152826': '150825',
  '152827': '150826',
}

/** Why no asset can lie in this division, and what to say instead; null when nothing is known against it. */
export function divisionProblem(code: string): string | null {
  const county = code.slice(0, 6)
  if (county === PLACEHOLDER)
    return `expected the code of a county or district such as 150802, got the statistical placeholder ${county}`
  if (!RETIRED_PATTERN.test(county)) return null
  const successor = successors[county]
  return successor === undefined
    ? `expected a code of today such as 150802, got ${county}, which ended in 2004`
    : `expected ${successor}, which took the place of ${county} in 2004`
}

/** Why this is no unit grid: its first six digits are those of a county, never of a whole city or province. */
export function gridProblem(code: string): string | null {
  const problem = divisionProblem(code)
  if (problem !== null) return problem
  const county = code.slice(0, 6)
  return county.endsWith('00') || county.startsWith('0')
    ? `expected the code of a county in the first six digits, got ${county}`
    : null
}
