// The simulated case system as a real HTTP server: deliveries come by POST, everything else is for tests and for people.
//
//   POST /control   changes the behaviour (and `eventsUrl`) at run time      GET /control   tells it
//   GET  /cases     `?after=N&limit=N` -> {items, cursor, total}             GET /counters  what happened so far
//   POST anything   a delivery

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Clock } from '../../src/ports.ts'
import { friendly, parseBehaviourPatch, type Behaviour, type BehaviourPatch } from './behaviour.ts'
import { createCaseBook, type CaseCounters, type FiledCase } from './case-book.ts'
import { answerDelivery, readBody, sendJson } from './delivery.ts'
import { createEventPoster, type PosterCounters } from './event-poster.ts'

export interface CaseSystemSimulator {
  /** Where deliveries go. */
  readonly url: string
  readonly port: number
  cases(): readonly FiledCase[]
  counters(): CaseCounters & PosterCounters
  behaviour(): Behaviour
  control(patch: BehaviourPatch): void
  /** Where status events go from now on; null: nowhere. */
  sendEventsTo(url: string | null): void
  close(): Promise<void>
}

export async function startCaseSystem(options: {
  readonly host: string
  readonly port: number
  /** Checks the deliveries. */
  readonly secret: string
  /** Signs the events. */
  readonly inboundSecret: string
  readonly eventsUrl?: string
  readonly clock: Clock
  readonly seed: number
  readonly behaviour?: BehaviourPatch
}): Promise<CaseSystemSimulator> {
  const { host, secret, clock, seed } = options
  let eventsUrl = options.eventsUrl ?? null
  const poster = createEventPoster({ clock, secret: options.inboundSecret, url: () => eventsUrl })
  const book = createCaseBook({
    clock,
    seed,
    behaviour: { ...friendly, ...options.behaviour },
    onEvent: (event) => poster.post(event),
  })
  const counters = () => ({ ...book.counters(), ...poster.counters() })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator')
    if (request.method === 'POST' && pathname !== '/control')
      return answerDelivery({ book, secret, clock }, request, response)
    if (request.method === 'POST') return control(request, response)
    if (request.method !== 'GET') return sendJson(response, 405, { error: 'expected GET or POST' })
    switch (pathname) {
      case '/cases':
        return sendJson(response, 200, casesPage(searchParams))
      case '/counters':
        return sendJson(response, 200, counters())
      case '/control':
        return sendJson(response, 200, { ...book.behaviour, eventsUrl })
      default:
        return sendJson(response, 404, { error: 'expected /cases, /counters or /control' })
    }
  }

  async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wanted = splitControl((await readBody(request))?.toString('utf8') ?? '')
    const parsed = parseBehaviourPatch(wanted.behaviour)
    if (!parsed.ok) return sendJson(response, 400, { problems: parsed.problems })
    if (wanted.eventsUrl !== undefined) eventsUrl = wanted.eventsUrl
    book.change(parsed.patch)
    sendJson(response, 200, { ...book.behaviour, eventsUrl })
  }

  function casesPage(search: URLSearchParams) {
    const after = whole(search.get('after'), 0, Number.MAX_SAFE_INTEGER)
    const limit = whole(search.get('limit'), 1_000, 10_000)
    const items = book.cases(after, limit)
    const total = book.counters().filed
    const next = after + items.length
    return { items, cursor: next < total ? String(next) : null, total }
  }

  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    handle(request, response).catch(() => {
      // The sender went away in the middle of it.
      response.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/cases`,
    port,
    cases: () => book.cases(),
    counters,
    behaviour: () => book.behaviour,
    control: (patch) => book.change(patch),
    sendEventsTo(url) {
      eventsUrl = url
    },
    async close() {
      book.close()
      await poster.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

/** A text that is no JSON object comes out as a behaviour that the check refuses. */
function splitControl(text: string): { behaviour: unknown; eventsUrl?: string | null } {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null) return { behaviour: body }
    const { eventsUrl, ...behaviour }: { eventsUrl?: unknown } = body
    if (eventsUrl === undefined) return { behaviour }
    if (eventsUrl === null) return { behaviour, eventsUrl }
    return typeof eventsUrl === 'string' && URL.canParse(eventsUrl)
      ? { behaviour, eventsUrl }
      : { behaviour: body }
  } catch {
    return { behaviour: text }
  }
}

function whole(text: string | null, fallback: number, max: number): number {
  return text !== null && /^\d{1,15}$/.test(text) ? Math.min(Number(text), max) : fallback
}
