// /health: whether the process lives and whether it can take data. Open, so it says nothing else.

import { z } from 'zod'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'

const statusSchema = z.object({ status: z.enum(['ok', 'unavailable']) })

export function healthRoutes(app: Server, parts: Pick<ApiParts, 'ready' | 'log'>): void {
  let lastWhy: string | null = null

  app.get(
    '/health/live',
    {
      config: { access: 'open', rateLimit: false },
      schema: { tags: ['health'], summary: 'The process answers', response: { 200: statusSchema } },
    },
    () => ({ status: 'ok' as const }),
  )

  app.get(
    '/health/ready',
    {
      config: { access: 'open', rateLimit: false },
      schema: {
        tags: ['health'],
        summary: 'The product takes data; the reason why not is in the log',
        response: { 200: statusSchema, 503: statusSchema },
      },
    },
    (_request, reply) => {
      const ready = parts.ready()
      const why = ready.ok ? null : ready.why
      // Probes come every few seconds; the log gets changes only.
      if (why !== lastWhy && why !== null) parts.log.warn({ why }, 'not ready')
      lastWhy = why
      if (ready.ok) return { status: 'ok' as const }
      reply.code(503)
      return { status: 'unavailable' as const }
    },
  )
}
