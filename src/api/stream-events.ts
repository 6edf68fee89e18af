// The events of /stream as text: batches cut down to a reader's topics, and the frames around them.

import type { Batch, LiveFeed } from './live-feed.ts'
import type { Times } from './times.ts'

export const topics = ['alerts', 'tickets', 'readings', 'health'] as const
export type Topic = (typeof topics)[number]

/** Null when the batch holds nothing of these topics. */
export function batchEvent(
  epoch: string,
  batch: Batch,
  wanted: readonly Topic[],
  times: Times,
): string | null {
  const lists = [
    ['alerts', wanted.includes('alerts') ? batch.alerts : null],
    ['tickets', wanted.includes('tickets') ? batch.tickets : null],
    ['readings', wanted.includes('readings') ? batch.readings : null],
    ['presence', wanted.includes('health') ? batch.presence : null],
  ] as const
  const fields = lists.flatMap(([name, json]) => (json === null ? [] : [`"${name}":${json}`]))
  if (fields.length === 0) return null
  const at = JSON.stringify(times.iso(batch.at))
  return frame(`${epoch}.${batch.seq}`, 'batch', `{"at":${at},${fields.join(',')}}`)
}

/** Tells the reader to fetch the lists again. */
export function resyncEvent(feed: LiveFeed, reason: 'ring' | 'epoch' | 'slow'): string {
  return feedEvent(feed, 'resync', { reason })
}

export function feedEvent(
  feed: LiveFeed,
  event: 'hello' | 'hb' | 'resync',
  body: object,
  place: string = feed.place(),
): string {
  return frame(place, event, JSON.stringify(body))
}

/** JSON text holds no line ends, so it is one data line. */
function frame(id: string, event: string, json: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`
}
