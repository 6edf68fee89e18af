// How much one caller may ask: length of addresses, and calls per second, counted apart for reads, writes and the ingest door.

import { fastifyRateLimit } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'
import type { Server } from './server.ts'

const URL_BYTES_MAX = 8 * 1024
const PER_SECOND = { read: 1000, write: 1000, ingest: 5000 } as const
type Kind = keyof typeof PER_SECOND
/** Beyond it the caller that was quiet longest is forgotten. */
const CALLERS_MAX = 10_000

/** Runs behind the identification: whoever is known is counted by name, the others by address. */
export async function limitRequests(
  app: Server,
  perSecond: Readonly<Record<Kind, number>> = PER_SECOND,
): Promise<void> {
  app.addHook('onRequest', (request, _reply, done) => {
    const { length } = request.raw.url ?? ''
    if (length <= URL_BYTES_MAX) done()
    else
      done(new ApiError('uri_too_long', `Expected at most ${URL_BYTES_MAX} bytes, got ${length}`))
  })
  await app.register(fastifyRateLimit, {
    timeWindow: 1000,
    cache: CALLERS_MAX,
    max: (request) => perSecond[kindOf(request)],
    keyGenerator: (request) => `${kindOf(request)} ${callerOf(request)}`,
    errorResponseBuilder: (request) =>
      new ApiError(
        'rate_limited',
        `Expected at most ${perSecond[kindOf(request)]} ${kindOf(request)} calls a second`,
        { retryAfterSeconds: 1 },
      ),
    addHeaders: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
      'retry-after': false,
    },
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
  })
}

function kindOf(request: FastifyRequest): Kind {
  if (request.method === 'GET' || request.method === 'HEAD') return 'read'
  return request.routeOptions.url?.startsWith('/api/v1/ingest') === true ? 'ingest' : 'write'
}

function callerOf(request: FastifyRequest): string {
  return request.principal === null ? `at ${request.ip}` : `as ${request.principal.name}`
}
