// /ingest: the HTTP door for readings. The payload goes into the journal as it came; the pipeline judges what is in it.

import { z } from 'zod'
import { DEVICE_ID_PATTERN } from '../core/registry/device.ts'
import { access } from './access.ts'
import { createJsonParser, keepBodiesRaw, malformedJson } from './bodies.ts'
import { ApiError } from './errors.ts'
import { expectCommitted } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'

const PAYLOAD_BYTES_MAX = 64 * 1024

const payloadSchema = z.looseObject({ device: z.string().regex(DEVICE_ID_PATTERN) })

export function ingestRoutes(app: Server, parts: ApiParts): void {
  keepBodiesRaw(app, 'application/json', PAYLOAD_BYTES_MAX)
  const parseJson = createJsonParser(app)

  app.post(
    '/ingest',
    {
      config: { access: access.ingest, door: 'canonical' },
      schema: {
        tags: ['ingest'],
        summary: 'A canonical payload that names its device; answered once it is on disk',
        body: payloadSchema,
        response: { 202: z.object({ position: z.string() }) },
      },
    },
    async (request, reply) => {
      const payload: unknown = request.body
      if (!Buffer.isBuffer(payload)) throw malformedJson()
      const json = parseJson(request, payload)
      if (!json.ok) throw malformedJson()
      if (!payloadSchema.safeParse(json.value).success)
        throw new ApiError('invalid_request', 'Expected a JSON object that names its device', {
          errors: [{ field: 'device', reason: 'expected the id of a device' }],
        })
      const position = expectCommitted(await parts.ingest(payload, principalOf(request).name))
      reply.code(202)
      return { position }
    },
  )
}
