// Cursors: where a page ended, as an opaque token that fits only the query that made it.

import { createHash } from 'node:crypto'

export type SortKey = readonly (string | number)[]

/** `query` names the list and its filter. */
export function encodeCursor(query: string, key: SortKey): string {
  return Buffer.from(JSON.stringify([digest(query, key), ...key])).toString('base64url')
}

/** Throws RangeError when the token is damaged or was made by another query. */
export function decodeCursor(query: string, token: string): SortKey {
  const key = parse(token).slice(1).filter(isKeyPart)
  if (encodeCursor(query, key) !== token)
    throw new RangeError(
      'Cannot turn the page: expected a cursor that the same query has given, got another one',
    )
  return key
}

function parse(token: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    // Anything that is not ours is answered the same way, by the caller.
    return []
  }
}

function isKeyPart(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/** Guards against mistakes, not against forgery: a key only says where to go on, never what may be seen. */
function digest(query: string, key: SortKey): string {
  return createHash('sha256')
    .update(JSON.stringify([query, key]))
    .digest('base64url')
    .slice(0, 12)
}
