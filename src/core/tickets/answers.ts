// Answers of case systems, on their way to the casework. A delivery's answer is our dispatcher's word, an event is the case system's;
// one of any other shape (an old journal) is refused, never thrown at.

import type { Moment } from '../alerts/alert-book.ts'
import type { Casework } from './casework.ts'
import type { CaseAnswer, CaseEvent, Outcome } from '../input.ts'
import { refused } from '../outcomes.ts'
import { isTicketState } from './ticket-states.ts'

type Delivered = Extract<CaseAnswer, { kind: 'delivery' }>

export function runAnswer(
  answer: CaseAnswer,
  by: string,
  moment: Moment,
  casework: Casework,
): Outcome {
  if (isDelivery(answer)) return casework.delivered(answer, moment)
  if (isEvent(answer)) return casework.event(answer.event, by, moment)
  return refused('invalid', 'expected a delivery or an event of a known shape')
}

function isDelivery(answer: unknown): answer is Delivered {
  if (!isFields(answer) || answer['kind'] !== 'delivery') return false
  const outcome = answer['outcome']
  if (typeof answer['ticket'] !== 'string' || !Number.isInteger(answer['attempt'])) return false
  if (!isFields(outcome)) return false
  switch (outcome['kind']) {
    case 'accepted':
      return typeof outcome['caseNo'] === 'string'
    case 'retry':
      return typeof outcome['error'] === 'string' && Number.isFinite(outcome['nextAt'])
    case 'rejected':
      return typeof outcome['error'] === 'string'
    default:
      return false
  }
}

function isEvent(answer: unknown): answer is { readonly kind: 'event'; readonly event: CaseEvent } {
  if (!isFields(answer) || answer['kind'] !== 'event') return false
  const event = answer['event']
  if (!isFields(event)) return false
  return (
    typeof event['id'] === 'string' &&
    isTicketState(event['state']) &&
    event['state'] !== 'reported' &&
    Number.isFinite(event['at']) &&
    ['ticket', 'caseNo', 'by', 'note', 'code'].every((name) => isTextOrNull(event[name]))
  )
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}
