// Which mirrored states may follow which (stages of CJ/T 315). The case system may skip stages; going back needs a stage that means
// it: returned, rework, suspended. Closed and not filed are final.

import type { TicketState } from './ticket.ts'

/** Stages a case runs through from front to back. */
const forward: readonly TicketState[] = [
  'reported',
  'accepted',
  'filed',
  'dispatched',
  'in_progress',
  'fed_back',
  'checking',
  'closed',
]

/** Side stages, where they can be entered from, and where they lead. */
const side: Readonly<
  Partial<
    Record<
      TicketState,
      { readonly from: readonly TicketState[]; readonly to: readonly TicketState[] }
    >
  >
> = {
  not_filed: { from: ['reported', 'accepted', 'filed', 'returned', 'suspended'], to: [] },
  returned: {
    from: ['accepted', 'filed', 'dispatched', 'in_progress', 'fed_back', 'rework', 'suspended'],
    to: ['accepted', 'filed', 'dispatched', 'in_progress', 'closed'],
  },
  suspended: {
    from: [
      'accepted',
      'filed',
      'dispatched',
      'in_progress',
      'fed_back',
      'checking',
      'returned',
      'rework',
    ],
    to: ['filed', 'dispatched', 'in_progress', 'fed_back', 'checking', 'closed'],
  },
  rework: {
    from: ['dispatched', 'in_progress', 'fed_back', 'checking'],
    to: ['dispatched', 'in_progress', 'fed_back', 'checking', 'closed'],
  },
}

export function isTicketState(value: unknown): value is TicketState {
  return (
    forward.some((state) => state === value) || Object.keys(side).some((state) => state === value)
  )
}

export function isFinal(state: TicketState): boolean {
  return state === 'closed' || state === 'not_filed'
}

/** Staying in a stage is allowed while it is not final: another note of the same stage. */
export function mayFollow(from: TicketState, to: TicketState): boolean {
  if (isFinal(from)) return false
  if (from === to) return true
  const leaving = side[from]
  const entering = side[to]
  if (entering !== undefined) return entering.from.includes(from)
  if (leaving !== undefined) return leaving.to.includes(to)
  return forward.indexOf(to) > forward.indexOf(from)
}

/** News of a stage that an open case has passed: events overtake each other on the way. It belongs into the history only. */
export function comesLate(from: TicketState, to: TicketState): boolean {
  if (isFinal(from) || side[to] !== undefined || mayFollow(from, to)) return false
  return side[from] === undefined || to === 'accepted' || to === 'filed'
}
