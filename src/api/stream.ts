// /stream: the live feed for many readers at once. One connection carries all topics; a heartbeat tells that it lives.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import { openEventStream, WAITING_BYTES_MAX, type EventStream } from './event-stream.ts'
import type { Batch, LiveFeed } from './live-feed.ts'
import type { ApiParts } from './parts.ts'
import { principalOf, type Principal } from './principal.ts'
import type { Server } from './server.ts'
import { batchEvent, feedEvent, resyncEvent, topics, type Topic } from './stream-events.ts'
import type { Times } from './times.ts'

const STREAMS_MAX = 200
const STREAMS_PER_SESSION_MAX = 4
const STREAMS_PER_TOKEN_MAX = 20
const HEARTBEAT_MS = 5000
/** A longer gap is filled sooner by fetching the lists again. */
const CATCH_UP_CHARACTERS_MAX = WAITING_BYTES_MAX / 4

const streamQuery = z.strictObject({
  topics: z
    .string()
    .max(100)
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(topics)).min(1).max(topics.length))
    .default([...topics]),
  since: z
    .string()
    .regex(/^[a-z0-9]{1,40}\.\d{1,15}$/, 'expected <epoch>.<seq> of an event')
    .optional(),
})

interface Reader {
  readonly principal: Principal
  readonly topics: readonly Topic[]
  readonly stream: EventStream
}

export interface Streams {
  count(): number
  close(): void
}

export function streamRoutes(app: Server, parts: ApiParts, times: Times, feed: LiveFeed): Streams {
  const readers = new Set<Reader>()
  let cancelBeat: (() => void) | null = null
  let offBatches: (() => void) | null = null

  function relay(batch: Batch): void {
    const texts = new Map<string, string | null>()
    for (const { topics, stream } of readers) {
      const key = topics.join()
      const known = texts.get(key)
      const text = known === undefined ? batchEvent(feed.epoch, batch, topics, times) : known
      texts.set(key, text)
      if (text !== null) stream.send(text)
    }
  }

  function beat(): void {
    cancelBeat = readers.size === 0 ? null : parts.clock.after(HEARTBEAT_MS, beat)
    for (const { principal, stream } of readers)
      if (principal.session?.isAlive() === false) stream.end()
    if (readers.size === 0) return
    try {
      const text = heartbeat()
      for (const { stream } of readers) stream.send(text)
    } catch (error) {
      // Without heartbeats the readers call themselves stale, which is what they are.
      parts.log.error({ err: error }, 'cannot make a heartbeat')
    }
  }

  function heartbeat(): string {
    return feedEvent(feed, 'hb', {
      serverTime: times.iso(parts.clock.now()),
      ingestLagMs: parts.pipeline().lagMs,
      activeBySeverity: parts.reader.activeAlertCounts(),
    })
  }

  function left(reader: Reader): void {
    readers.delete(reader)
    if (readers.size > 0) return
    offBatches?.()
    offBatches = null
  }

  app.get(
    '/stream',
    {
      config: { access: access.read },
      exposeHeadRoute: false,
      schema: {
        tags: ['stream'],
        summary: 'Server-sent events: hello, batch, hb, resync',
        querystring: streamQuery,
      },
    },
    (request, reply) => {
      const principal = principalOf(request)
      expectRoom(readers, principal)
      const since = request.query.since ?? lastEventId(request)
      const reader: Reader = {
        principal,
        topics: [...new Set(request.query.topics)].sort(),
        stream: openEventStream(reply, {
          principal,
          clock: parts.clock,
          farewell: () => resyncEvent(feed, 'slow'),
          onClosed: () => left(reader),
        }),
      }
      readers.add(reader)
      // Its id is where the reader was: one that is cut off before the repetition must ask for it again.
      reader.stream.send(
        feedEvent(
          feed,
          'hello',
          {
            serverTime: times.iso(parts.clock.now()),
            epoch: feed.epoch,
            seq: feed.seq,
            ringFrom: feed.ringFrom,
            build: parts.build ?? 'unknown',
          },
          since,
        ),
      )
      if (since !== undefined) reader.stream.send(missed(since, reader.topics))
      offBatches ??= feed.onBatch(relay)
      cancelBeat ??= parts.clock.after(HEARTBEAT_MS, beat)
    },
  )

  /** What the reader has not seen since then, or the word that it must fetch the lists again. */
  function missed(since: string, wanted: readonly Topic[]): string {
    const [epoch, seq] = since.split('.')
    if (epoch !== feed.epoch) return resyncEvent(feed, 'epoch')
    const batches = feed.since(Number(seq))
    const text = batches
      ?.map((batch) => batchEvent(feed.epoch, batch, wanted, times) ?? '')
      .join('')
    if (text === undefined || text.length > CATCH_UP_CHARACTERS_MAX)
      return resyncEvent(feed, 'ring')
    return text
  }

  return {
    count: () => readers.size,
    close() {
      cancelBeat?.()
      cancelBeat = null
      for (const { stream } of readers) stream.end()
    },
  }
}

function expectRoom(readers: ReadonlySet<Reader>, principal: Principal): void {
  const own = [...readers].filter((reader) => reader.principal.session === principal.session)
  const ownMax = principal.session === null ? STREAMS_PER_TOKEN_MAX : STREAMS_PER_SESSION_MAX
  if (own.length < ownMax && readers.size < STREAMS_MAX) return
  throw new ApiError('too_many_streams', `Expected at most ${ownMax} streams at once`, {
    retryAfterSeconds: 10,
  })
}

/** What a reconnecting EventSource sends by itself; anything odd in it is as good as nothing. */
function lastEventId(request: FastifyRequest): string | undefined {
  const parsed = streamQuery.shape.since.safeParse(request.headers['last-event-id'])
  return parsed.success ? parsed.data : undefined
}
