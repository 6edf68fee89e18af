// `?overlapSeconds=`: how long an old credential stays good beside the new one.

import { z } from 'zod'
import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'

const OVERLAP_SECONDS_MAX = 86_400
const EXPECTED = `expected whole seconds from 0 to ${OVERLAP_SECONDS_MAX}`

export const overlapQuery = z.strictObject({
  overlapSeconds: z
    .string()
    .regex(/^\d{1,5}$/, EXPECTED)
    .transform(Number)
    .refine((seconds) => seconds <= OVERLAP_SECONDS_MAX, EXPECTED)
    .default(0),
})

/** Null: the old one ends now. */
export function previousUntil(
  { overlapSeconds }: { readonly overlapSeconds: number },
  clock: Pick<Clock, 'now'>,
): Millis | null {
  return overlapSeconds === 0 ? null : clock.now() + overlapSeconds * 1000
}
