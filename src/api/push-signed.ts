// /ingest/onenet/{account}: OneNET sends no credential but signs what it pushes with a token. The account says on whose behalf; the same
// push again stores nothing twice, so a replay does no harm.

import { z } from 'zod'
import { INTEGRATION_MARK } from '../core/messages/record.ts'
import { createJsonParser, keepAllBodiesRaw } from './bodies.ts'
import { ApiError } from './errors.ts'
import { expectCommitted } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'

const PAYLOAD_BYTES_MAX = 64 * 1024

const signedSchema = z.looseObject({
  msg: z.string(),
  nonce: z.string().max(200),
  signature: z.string().max(200),
})
const accountParams = z.object({ account: z.string() })

/** In a scope of its own: only here every body is acceptable. */
export function signedPushRoutes(app: Server, parts: ApiParts): void {
  keepAllBodiesRaw(app, PAYLOAD_BYTES_MAX)
  const parseJson = createJsonParser(app)

  app.post(
    '/ingest/onenet/:account',
    {
      config: { access: 'signature', anyBody: true },
      schema: {
        tags: ['ingest'],
        summary: 'A signed push of OneNET (HETAO_ONENET_TOKEN); answered once it is on disk',
        params: accountParams,
        body: z.unknown(),
        response: { 200: z.object({ code: z.literal(0) }) },
      },
    },
    async (request) => {
      const given: unknown = request.body
      const payload = Buffer.isBuffer(given) ? given : Buffer.alloc(0)
      const json = parseJson(request, payload)
      const { sender } = expectSigned(request.params.account, json.ok ? json.value : null)
      expectCommitted(await parts.push('onenet', payload, sender))
      return { code: 0 as const }
    },
  )

  app.get(
    '/ingest/onenet/:account',
    {
      config: { access: 'signature' },
      schema: {
        tags: ['ingest'],
        summary: 'How OneNET checks the address: the signed `msg` comes back as text',
        params: accountParams,
        querystring: z.looseObject({}),
      },
    },
    (request, reply) => {
      const { msg } = expectSigned(request.params.account, request.query)
      return reply.type('text/plain; charset=utf-8').send(msg)
    },
  )

  /** The sender's name for the record, and what was signed. */
  function expectSigned(account: string, body: unknown): { sender: string; msg: string } {
    if (parts.isOneNetSigned === null)
      throw new ApiError(
        'signature_not_configured',
        'Expected HETAO_ONENET_TOKEN to be set, got nothing',
      )
    const signed = signedSchema.safeParse(body)
    if (!signed.success || !parts.isOneNetSigned(signed.data))
      throw new ApiError(
        'signature_invalid',
        'Expected "msg" as text, signed with the token of OneNET',
      )
    const known = parts.reader.integrations().find(({ id }) => id === account)
    if (known?.format !== 'onenet')
      throw new ApiError('not_found', `Expected an account of the format onenet, got "${account}"`)
    return { sender: INTEGRATION_MARK + known.id, msg: signed.data.msg }
  }
}
