// One list of two sources, newest first: what is stored, in pages of its own, and the little that a door remembers. A cursor says how
// far both have been shown.

import { z } from 'zod'
import type { Millis } from '../core/position.ts'
import type { Page, Paging } from '../ports.ts'
import { ApiError } from './errors.ts'

export interface Timed<V> {
  readonly at: Millis
  readonly item: V
}

interface Sources<V> {
  readonly stored: (paging: Paging) => Page<Timed<V>>
  readonly remembered: readonly Timed<V>[]
}

/** `stored`: its cursor, null at the start, false when all were shown. `at`, `count`: the last remembered, and how many of that time. */
const placeSchema = z.strictObject({
  stored: z.union([z.string(), z.null(), z.literal(false)]),
  at: z.number().nullable(),
  count: z.number().int().min(0),
})
type Place = z.output<typeof placeSchema>

const START: Place = { stored: null, at: null, count: 0 }

export function readMergedPage<V>(
  query: { readonly limit: number; readonly cursor?: string | undefined },
  sources: Sources<V>,
): { items: V[]; cursor: string | null } {
  try {
    return merge(query.limit, query.cursor === undefined ? START : parse(query.cursor), sources)
  } catch (error) {
    if (error instanceof RangeError && query.cursor !== undefined)
      throw new ApiError('invalid_cursor', 'Expected a cursor that this same query has returned')
    throw error
  }
}

function merge<V>(
  limit: number,
  from: Place,
  { stored, remembered }: Sources<V>,
): { items: V[]; cursor: string | null } {
  const page = from.stored === false ? NOTHING : stored({ limit, cursor: from.stored })
  const left = behind(remembered, from)
  const items: V[] = []
  let storedTaken = 0
  let rememberedTaken = 0
  while (items.length < limit) {
    const one = page.items[storedTaken]
    const other = left[rememberedTaken]
    if (one !== undefined && (other === undefined || one.at >= other.at)) {
      items.push(one.item)
      storedTaken++
    } else if (other !== undefined) {
      items.push(other.item)
      rememberedTaken++
    } else break
  }

  function storedPlace(): Place['stored'] {
    if (from.stored === false) return false
    if (storedTaken === page.items.length) return page.cursor ?? false
    // The page was cut short: its own cursor is that of a page of the length that was taken.
    return storedTaken === 0
      ? from.stored
      : (stored({ limit: storedTaken, cursor: from.stored }).cursor ?? false)
  }

  const place = { stored: storedPlace(), ...rememberedPlace(left.slice(0, rememberedTaken), from) }
  const isEnd = place.stored === false && rememberedTaken === left.length
  return {
    items,
    cursor: isEnd ? null : Buffer.from(JSON.stringify(place)).toString('base64url'),
  }
}

const NOTHING = { items: [], cursor: null } as const

/** What is remembered and was not shown yet: times go down, and of the same time some may have been shown. */
function behind<V>(remembered: readonly Timed<V>[], { at, count }: Place): readonly Timed<V>[] {
  if (at === null) return remembered
  let skipped = 0
  return remembered.filter((one) => one.at < at || (one.at === at && ++skipped > count))
}

function rememberedPlace(
  taken: readonly Timed<unknown>[],
  from: Place,
): Pick<Place, 'at' | 'count'> {
  const last = taken.at(-1)
  if (last === undefined) return { at: from.at, count: from.count }
  const same = taken.filter(({ at }) => at === last.at).length
  return { at: last.at, count: same + (last.at === from.at ? from.count : 0) }
}

function parse(cursor: string): Place {
  let place: unknown = null
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    // Told below, as everything that is no place.
  }
  const parsed = placeSchema.safeParse(place)
  if (!parsed.success) throw new RangeError('expected a cursor of this list')
  return parsed.data
}
