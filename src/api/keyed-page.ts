// Pages of a list that is in memory as a whole, in the order of its keys.

import { ApiError } from './errors.ts'

/** The cursor is the list's name and the key of the last item shown, so items may come and go in the meantime. */
export function readKeyedPage<T, V>(
  query: { readonly limit: number; readonly cursor?: string | undefined },
  name: string,
  list: readonly T[],
  keyOf: (item: T) => string,
  show: (item: T) => V,
): { items: V[]; cursor: string | null } {
  const after = query.cursor === undefined ? null : keyIn(name, query.cursor)
  const left = list
    .filter((item) => after === null || keyOf(item) > after)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const shown = left.slice(0, query.limit)
  const last = shown.at(-1)
  const isEnd = last === undefined || shown.length === left.length
  return { items: shown.map(show), cursor: isEnd ? null : cursorOf(name, keyOf(last)) }
}

function cursorOf(name: string, key: string): string {
  return Buffer.from(`${name}:${key}`).toString('base64url')
}

function keyIn(name: string, cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const key = text.slice(name.length + 1)
  if (cursorOf(name, key) === cursor) return key
  throw new ApiError('invalid_cursor', 'Expected a cursor that this same query has returned')
}
