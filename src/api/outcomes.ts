// From what the engine made of an input, or the journal of a message, to what the caller is told.

import type { Command, Outcome } from '../core/input.ts'
import { formatPosition } from '../core/position.ts'
import type { AppendOutcome, Submit } from '../ports.ts'
import { ApiError, type ProblemCode } from './errors.ts'

const codes = {
  not_found: 'not_found',
  already_exists: 'already_exists',
  not_allowed: 'not_allowed',
  invalid: 'invalid_request',
} as const satisfies Record<string, ProblemCode>

/** Whether it changed anything; throws ApiError when it was turned down. */
export function expectApplied(outcome: Outcome): 'applied' | 'duplicate' {
  if (outcome.ok) return outcome.note
  throw new ApiError(
    codes[outcome.code],
    outcome.detail,
    outcome.errors.length === 0 ? {} : { errors: outcome.errors },
  )
}

export async function command(
  submit: Submit,
  by: string,
  given: Command,
): Promise<'applied' | 'duplicate'> {
  return expectApplied(await submit({ kind: 'command', by, command: given }))
}

/** The position of what is now durable; throws ApiError when it is not, or may not be. */
export function expectCommitted(outcome: AppendOutcome): string {
  switch (outcome.kind) {
    case 'committed':
      return formatPosition(outcome.position)
    case 'refused':
      if (outcome.reason === 'too_large')
        throw new ApiError('payload_too_large', 'The journal takes no message of this size')
      throw unavailable(`The journal is ${outcome.reason}`)
    case 'unknown':
      throw unavailable('It is not known whether the message was kept: send it again')
  }
}

export function unavailable(detail: string): ApiError {
  return new ApiError('journal_unavailable', detail, { retryAfterSeconds: 2 })
}
