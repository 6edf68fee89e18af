// /cases/events: what the case system tells us. The signature over the bytes is its only credential.

import { z } from 'zod'
import { createJsonParser, JSON_BYTES_MAX, keepBodiesRaw, malformedJson } from './bodies.ts'
import { ApiError } from './errors.ts'
import { expectApplied } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'

/** Stands in histories as `by` when the event names nobody. */
const SENDER = 'case-system'

const eventSchema = z.object({
  id: z.string(),
  ticket: z.string().optional(),
  caseNo: z.string().optional(),
  state: z.string(),
  at: z.string(),
  by: z.string().optional(),
  note: z.string().optional(),
  code: z.string().optional(),
})

export function caseEventRoutes(app: Server, parts: ApiParts): void {
  keepBodiesRaw(app, 'application/json', JSON_BYTES_MAX)
  const parseJson = createJsonParser(app)

  app.post(
    '/cases/events',
    {
      config: { access: 'signature' },
      schema: {
        tags: ['case events'],
        summary:
          'A status event of the case system, signed (Standard Webhooks), idempotent on its id',
        body: eventSchema,
        response: { 200: z.object({ result: z.enum(['applied', 'duplicate']) }) },
      },
    },
    async (request) => {
      const given: unknown = request.body
      const raw = Buffer.isBuffer(given) ? given : Buffer.alloc(0)
      if (parts.checkCaseSignature === null)
        throw new ApiError(
          'signature_not_configured',
          'Expected HETAO_CASES_INBOUND_SECRET to be set, got nothing',
        )
      const signature = parts.checkCaseSignature(request.headers, raw)
      if (!signature.ok) throw new ApiError('signature_invalid', signature.reason)
      const json = parseJson(request, raw)
      if (!json.ok) throw malformedJson()
      const parsed = parts.parseCaseEvent(json.value)
      if (!parsed.ok)
        throw new ApiError('invalid_request', 'Expected a case event', {
          errors: parsed.errors.map(({ field, reason }) => ({ field: field || 'event', reason })),
        })
      const outcome = await parts.submit({
        kind: 'answer',
        by: SENDER,
        answer: { kind: 'event', event: parsed.event },
      })
      return { result: expectApplied(outcome) }
    },
  )
}
