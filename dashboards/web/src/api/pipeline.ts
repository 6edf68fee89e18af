// What the pipeline says of itself, as far as an operator must know it.

import { numberOr, numberOrNull, record } from './json.ts'

export interface Pipeline {
  readonly lagMs: number | null
  readonly holds: boolean
  readonly journaled: number
  readonly stored: number
  readonly quarantined: number
  readonly duplicate: number
  readonly pending: number
  readonly connections: number | null
}

export function readPipeline(value: unknown): Pipeline {
  const fields = record(value)
  return {
    lagMs: numberOrNull(fields['lagMs']),
    holds: fields['holds'] !== false,
    journaled: numberOr(fields['journaled'], 0),
    stored: numberOr(fields['stored'], 0),
    quarantined: numberOr(fields['quarantined'], 0),
    duplicate: numberOr(fields['duplicate'], 0),
    pending: numberOr(fields['pending'], 0),
    connections: numberOrNull(fields['connections']),
  }
}
