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

/**
 * Whether it changed anything; throws ApiError when it was turned down. `rows` keeps the rows of its errors, which count from 0
 * inside and from 1 outside.
 */
export function expectApplied(
  outcome: Outcome,
  options: { readonly rows: boolean } = { rows: false },
): 'applied' | 'duplicate' {
  if (outcome.ok) return outcome.note
  const errors = outcome.errors.map(({ row, field, reason }) =>
    options.rows ? { row: row + 1, field, reason } : { field, reason },
  )
  throw new ApiError(codes[outcome.code], outcome.detail, errors.length === 0 ? {} : { errors })
}

export async function command(
  submit: Submit,
  by: string,
  given: Command,
): Promise<'applied' | 'duplicate'> {
  const outcome = await submit({ kind: 'command', by, command: given })
  return expectApplied(outcome, { rows: given.kind === 'devices.register' })
}

/** The position of what is now durable; throws ApiError when it is not, or may not be. */
export function expectCommitted(outcome: AppendOutcome): string {
  if (outcome.kind === 'committed') return formatPosition(outcome.position)
  if (outcome.kind === 'unknown')
    throw unavailable('It is not known whether the message was kept: send it again')
  if (outcome.reason === 'too_large')
    throw new ApiError('payload_too_large', 'The journal takes no message of this size')
  throw unavailable(`The journal is ${outcome.reason}`)
}

export function unavailable(detail: string): ApiError {
  return new ApiError('journal_unavailable', detail, { retryAfterSeconds: 2 })
}
