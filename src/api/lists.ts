// What all lists share: `?limit=&cursor=` in, `{items, cursor}` out.

import { z } from 'zod'
import type { Page, Paging } from '../ports.ts'
import { ApiError } from './errors.ts'

/** Text of a query or an address: bounded, as everything that comes from outside. */
export const shortText = z.string().min(1).max(200)

export const pagingQuery = {
  limit: z
    .string()
    .regex(/^\d{1,6}$/, 'expected a whole number from 1 to 1000')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 1000, 'expected a whole number from 1 to 1000')
    .default(100),
  cursor: z.string().min(1).max(2000).optional(),
} as const

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), cursor: z.string().nullable() })
}

/** Reads a page and shows its items; a cursor that was made by another query is the caller's mistake. */
export function readPage<T, V>(
  query: { readonly limit: number; readonly cursor?: string | undefined },
  read: (paging: Paging) => Page<T>,
  show: (item: T) => V,
): { items: V[]; cursor: string | null } {
  try {
    const page = read({ limit: query.limit, cursor: query.cursor ?? null })
    return { items: page.items.map(show), cursor: page.cursor }
  } catch (error) {
    if (error instanceof RangeError && query.cursor !== undefined)
      throw new ApiError('invalid_cursor', 'Expected a cursor that this same query has returned')
    throw error
  }
}
