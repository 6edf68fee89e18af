// /ingest/ctwing and /ingest/onenet: the doors of platforms that push. They stop pushing after a few errors and do not repeat what was
// meant for that time, so only who may not enter, what is too large and a journal that takes nothing are errors; the rest is judged
// later and ends in quarantine with its reason.

import { z } from 'zod'
import type { IntegrationFormat } from '../core/registry/integration.ts'
import { access } from './access.ts'
import { keepAllBodiesRaw } from './bodies.ts'
import { expectCommitted } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'

const PAYLOAD_BYTES_MAX = 64 * 1024

const platforms: readonly { readonly format: IntegrationFormat; readonly name: string }[] = [
  { format: 'ctwing', name: 'CTWing' },
  { format: 'onenet', name: 'OneNET' },
]

/** For the documents: a platform that can send no header of its own takes name and password from the address it is given. */
const security = [{ token: [] }, { account: [] }]

/** In a scope of its own: only here every body is acceptable. */
export function pushRoutes(app: Server, parts: ApiParts): void {
  keepAllBodiesRaw(app, PAYLOAD_BYTES_MAX)

  for (const { format, name } of platforms)
    app.post(
      `/ingest/${format}`,
      {
        config: { access: access.ingest, door: format, anyBody: true },
        schema: {
          tags: ['ingest'],
          security,
          summary: `A push of ${name}, by the password of an account of that format; answered once it is on disk`,
          body: z.unknown(),
          response: { 200: z.object({ code: z.literal(0) }) },
        },
      },
      async (request) => {
        const given: unknown = request.body
        const payload = Buffer.isBuffer(given) ? given : Buffer.alloc(0)
        expectCommitted(await parts.push(format, payload, principalOf(request).name))
        return { code: 0 as const }
      },
    )

  app.get(
    '/ingest/onenet',
    {
      config: { access: access.ingest, door: 'onenet' },
      schema: {
        tags: ['ingest'],
        security,
        summary: 'How OneNET checks the address: `msg` comes back as text',
        // The signature is over a token that OneNET alone uses; the credential of the account says who it is.
        querystring: z.strictObject({
          msg: z.string().max(1000),
          nonce: z.string().max(200).optional(),
          signature: z.string().max(200).optional(),
        }),
      },
    },
    (request, reply) => reply.type('text/plain; charset=utf-8').send(request.query.msg),
  )
}
