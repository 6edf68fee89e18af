// One log line for every change that a person or system asked for: who, from where, what, and how it ended. No bodies, no queries.

import type { FastifyBaseLogger } from 'fastify'
import type { Server } from './server.ts'

export function logWrites(app: Server, log: FastifyBaseLogger): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    // Messages at the ingest door are counted, not told one by one.
    if (isRead || route === undefined || route.startsWith('/api/v1/ingest')) {
      done()
      return
    }
    // Strangers who are turned away must not be able to fill the log.
    const level = request.principal === null && reply.statusCode >= 400 ? 'debug' : 'info'
    log[level](
      {
        requestId: request.id,
        by: request.principal?.name ?? null,
        address: request.ip,
        method: request.method,
        route,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
      },
      'write',
    )
    done()
  })
}
