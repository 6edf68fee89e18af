// The life of a case at the city's office (CJ/T 315 stages): which state follows which, and what people there write.

import type { CaseEvent } from '../../src/core/input.ts'
import type { Behaviour } from './behaviour.ts'

export type CaseState = CaseEvent['state']

export interface Step {
  readonly state: CaseState
  readonly by: string
  readonly note: string | null
  readonly code: string | null
}

// More rounds than two are an argument between departments, not a case.
const ROUNDS_MAX = 2

/** The step after `state`, or null at the end. `rounds`: how often it came back so far; `chance` in [0, 1). */
export function nextStep(
  state: CaseState,
  rounds: number,
  chance: number,
  behaviour: Behaviour,
): Step | null {
  const mayComeBack = rounds < ROUNDS_MAX
  switch (state) {
    case 'filed':
    case 'returned':
      return { state: 'dispatched', by: '派遣席', note: null, code: null }
    case 'dispatched':
      return mayComeBack && chance < behaviour.returnShare
        ? { state: 'returned', by: '责任单位', note: '非我单位管辖，申请退回', code: 'wrong_dept' }
        : { state: 'in_progress', by: '责任单位', note: '已安排人员到场', code: null }
    case 'rework':
      return { state: 'in_progress', by: '责任单位', note: '返工处置', code: null }
    case 'in_progress':
      return { state: 'fed_back', by: '责任单位', note: '处置完毕', code: 'done' }
    case 'fed_back':
      return { state: 'checking', by: '核查席', note: null, code: null }
    case 'checking':
      return mayComeBack && chance < behaviour.reworkShare
        ? { state: 'rework', by: '核查席', note: '核查不通过', code: 'check_failed' }
        : { state: 'closed', by: '值班长', note: '核查通过，结案', code: 'check_passed' }
    case 'accepted':
      return { state: 'filed', by: '受理席', note: null, code: null }
    case 'suspended':
    case 'closed':
    case 'not_filed':
      break
  }
  return null
}
