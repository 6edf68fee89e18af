// Lists of the API, page after page, up to a limit.

import type { ApiClient } from './client.ts'
import { list, record, textOrNull } from './json.ts'

export interface Listed<T> {
  readonly items: readonly T[]
  /** Place in the stream as of which the first page was read. */
  readonly asOf: string | null
  readonly isTruncated: boolean
}

export async function readAll<T>(
  api: ApiClient,
  path: string,
  read: (value: unknown) => T | null,
  options: { readonly pagesMax: number; readonly signal?: AbortSignal },
): Promise<Listed<T>> {
  const items: T[] = []
  let asOf: string | null = null
  let cursor: string | null = null
  for (let page = 0; page < options.pagesMax; page++) {
    const address: string = `${path}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const answer = record(await api.get(address, options.signal))
    // Only the first page's place counts: what changes while the rest is read comes again on the stream.
    if (page === 0) asOf = textOrNull(answer['asOf'])
    for (const item of list(answer['items'])) {
      const one = read(item)
      if (one !== null) items.push(one)
    }
    cursor = textOrNull(answer['cursor'])
    if (cursor === null) return { items, asOf, isTruncated: false }
  }
  return { items, asOf, isTruncated: true }
}
