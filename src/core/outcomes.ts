// The outcomes of commands and answers, built in one place so that their shape stays the same.

import type { Outcome } from './input.ts'

type Refused = Extract<Outcome, { ok: false }>

export const applied: Outcome = { ok: true, note: 'applied' }
export const duplicate: Outcome = { ok: true, note: 'duplicate' }

/** `detail`: what failed, the value and what was expected; no final period. */
export function refused(
  code: Refused['code'],
  detail: string,
  errors: Refused['errors'] = [],
): Outcome {
  return { ok: false, code, detail, errors }
}
