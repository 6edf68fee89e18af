// Identity codes of components (部件标识码): sixteen digits in the national form, six of the county, two and two of the class, six of
// the serial number. Provinces number some components otherwise (covers with 19 digits), so a longer one is local and stays whole.

import { divisionProblem } from '../../src/core/registry/division.ts'
import { componentClass } from './components.ts'
import { divisionOf } from './divisions.ts'

export type ComponentCode =
  | {
      readonly kind: 'national'
      readonly division: string
      /** Main class and small class together, four digits. */
      readonly component: string
      readonly serial: string
    }
  | { readonly kind: 'local'; readonly code: string }
  | { readonly kind: 'wrong'; readonly reason: string }

const NATIONAL = /^(\d{6})(\d{4})(\d{6})$/
const LOCAL = /^\d{17,32}$/

export function parseComponentCode(code: string): ComponentCode {
  if (LOCAL.test(code)) return { kind: 'local', code }
  const [, division = '', component = '', serial = ''] = NATIONAL.exec(code) ?? []
  if (division === '')
    return wrong(`expected a component code of 16 digits or more, got "${code.slice(0, 40)}"`)
  const problem = divisionProblem(division)
  if (problem !== null) return wrong(problem)
  if (divisionOf(division)?.kind !== 'county')
    return wrong(
      `expected the code of a county of the city in the first six digits, got ${division}`,
    )
  // Class 21 is the city's own: a code of it that our table lacks may well be right.
  if (componentClass(component) === undefined && !component.startsWith('21'))
    return wrong(`expected a known component class in digits 7 to 10, got ${component}`)
  if (Number(serial) === 0) return wrong(`expected a serial number from 000001, got ${serial}`)
  return { kind: 'national', division, component, serial }
}

function wrong(reason: string): ComponentCode {
  return { kind: 'wrong', reason }
}
