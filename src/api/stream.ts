// /stream: the live feed as server-sent events. One connection carries all topics; a reader who falls behind is sent away to
// fetch a fresh snapshot rather than slowing the others down.

import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Clock } from '../ports.ts'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import type { Batch, LiveFeed } from './live-feed.ts'
import type { ApiParts } from './parts.ts'
import { principalOf, type Principal } from './principal.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const topics = ['alerts', 'tickets', 'readings', 'health'] as const
type Topic = (typeof topics)[number]

const STREAMS_MAX = 200
const STREAMS_PER_SESSION_MAX = 4
const STREAMS_PER_TOKEN_MAX = 20
const HEARTBEAT_MS = 5000
const WAITING_BYTES_MAX = 2 ** 20
/** A reader that does not even take the farewell is cut off. */
const FAREWELL_MS = 5000

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

export interface Streams {
  count(): number
  close(): void
}

export function streamRoutes(app: Server, parts: ApiParts, times: Times, feed: LiveFeed): Streams {
  const open = new Set<Stream>()
  let cancelBeat: (() => void) | null = null
  let offBatches: (() => void) | null = null

  function beat(): void {
    cancelBeat = open.size === 0 ? null : parts.clock.after(HEARTBEAT_MS, beat)
    if (open.size === 0) return
    const text = frame(feed.place(), 'hb', {
      serverTime: times.iso(parts.clock.now()),
      ingestLagMs: parts.pipeline().lagMs,
      activeBySeverity: parts.reader.activeAlertCounts(),
    })
    for (const stream of open) {
      const { session } = stream.principal
      if (session !== null && !session.isAlive()) stream.end()
      else stream.send(text)
    }
  }

  function relay(batch: Batch): void {
    const frames = new Map<string, string | null>()
    for (const stream of open) {
      const key = stream.topics.join()
      if (!frames.has(key)) frames.set(key, batchFrame(feed.epoch, batch, stream.topics, times))
      const text = frames.get(key)
      if (typeof text === 'string') stream.send(text)
    }
  }

  function closed(stream: Stream): void {
    open.delete(stream)
    if (open.size > 0) return
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
      expectRoom(open, principal)
      const since = request.query.since ?? lastEventId(request)
      const stream = openStream(reply, {
        principal,
        topics: [...new Set(request.query.topics)].sort(),
        clock: parts.clock,
        farewell: () => resync(feed, 'slow'),
        onClosed: () => closed(stream),
      })
      open.add(stream)
      stream.send(
        frame(feed.place(), 'hello', {
          serverTime: times.iso(parts.clock.now()),
          epoch: feed.epoch,
          seq: feed.seq,
          ringFrom: feed.ringFrom,
          build: parts.build ?? 'unknown',
        }),
      )
      if (since !== undefined) catchUp(stream, since, feed, times)
      offBatches ??= feed.onBatch(relay)
      cancelBeat ??= parts.clock.after(HEARTBEAT_MS, beat)
    },
  )

  return {
    count: () => open.size,
    close() {
      cancelBeat?.()
      cancelBeat = null
      for (const stream of open) stream.end()
    },
  }
}

interface Stream {
  readonly principal: Principal
  readonly topics: readonly Topic[]
  send(text: string): void
  end(): void
}

function openStream(
  reply: FastifyReply,
  options: {
    readonly principal: Principal
    readonly topics: readonly Topic[]
    readonly clock: Clock
    readonly farewell: () => string
    readonly onClosed: () => void
  },
): Stream {
  const { principal, topics, clock } = options
  reply.hijack()
  const raw: ServerResponse = reply.raw
  let isOpen = true
  let cancelCut: (() => void) | null = null

  function end(): void {
    if (!isOpen) return
    isOpen = false
    forgetSession?.()
    options.onClosed()
    raw.end()
    cancelCut = clock.after(FAREWELL_MS, () => raw.destroy())
  }

  const forgetSession = principal.session?.onEnd(end)
  raw.on('close', () => {
    cancelCut?.()
    if (!isOpen) return
    isOpen = false
    forgetSession?.()
    options.onClosed()
  })
  // A broken connection is an end like any other; 'close' follows.
  raw.on('error', () => undefined)
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)
  raw.writeHead(200, {
    ...Object.fromEntries(headers),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // The end of the stream is the end of the connection.
    connection: 'close',
    // A proxy must not gather events.
    'x-accel-buffering': 'no',
  })
  return {
    principal,
    topics,
    send(text) {
      if (!isOpen) return
      if (raw.writableLength <= WAITING_BYTES_MAX) raw.write(text)
      else {
        raw.write(options.farewell())
        end()
      }
    },
    end,
  }
}

function catchUp(stream: Stream, since: string, feed: LiveFeed, times: Times): void {
  const [epoch, seq] = since.split('.')
  if (epoch !== feed.epoch) {
    stream.send(resync(feed, 'epoch'))
    return
  }
  const frames = feed
    .since(Number(seq))
    ?.map((batch) => batchFrame(feed.epoch, batch, stream.topics, times) ?? '')
    .join('')
  // More than a reader may have waiting: a snapshot is the shorter way.
  if (frames === undefined || frames.length > WAITING_BYTES_MAX / 4)
    stream.send(resync(feed, 'ring'))
  else if (frames !== '') stream.send(frames)
}

function expectRoom(open: ReadonlySet<Stream>, principal: Principal): void {
  const own = [...open].filter(({ principal: other }) => other.session === principal.session)
  const ownMax = principal.session === null ? STREAMS_PER_TOKEN_MAX : STREAMS_PER_SESSION_MAX
  if (own.length < ownMax && open.size < STREAMS_MAX) return
  throw new ApiError('too_many_streams', `Expected at most ${ownMax} streams at once`, {
    retryAfterSeconds: 10,
  })
}

/** What a reconnecting EventSource sends by itself; anything odd in it is as good as nothing. */
function lastEventId(request: FastifyRequest): string | undefined {
  const header = request.headers['last-event-id']
  const parsed = streamQuery.shape.since.safeParse(header)
  return parsed.success ? parsed.data : undefined
}

function batchFrame(
  epoch: string,
  batch: Batch,
  topics: readonly Topic[],
  times: Times,
): string | null {
  const lists = {
    alerts: topics.includes('alerts') ? batch.alerts : null,
    tickets: topics.includes('tickets') ? batch.tickets : null,
    readings: topics.includes('readings') ? batch.readings : null,
    presence: topics.includes('health') ? batch.presence : null,
  }
  const fields = Object.entries(lists).flatMap(([name, json]) =>
    json === null ? [] : [`"${name}":${json}`],
  )
  if (fields.length === 0) return null
  const at = JSON.stringify(times.iso(batch.at))
  return rawFrame(`${epoch}.${batch.seq}`, 'batch', `{"at":${at},${fields.join(',')}}`)
}

function resync(feed: LiveFeed, reason: 'ring' | 'epoch' | 'slow'): string {
  return frame(feed.place(), 'resync', { reason })
}

function frame(id: string, event: string, payload: object): string {
  return rawFrame(id, event, JSON.stringify(payload))
}

/** JSON text holds no line ends, so it is one data line. */
function rawFrame(id: string, event: string, json: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`
}
