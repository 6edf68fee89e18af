// /openapi.json: made from the schemas that check the requests, so it cannot say anything else than they do.

import { fastifySwagger } from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { access } from './access.ts'
import type { Server } from './server.ts'

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  requestId: z.string(),
  errors: z
    .array(z.object({ row: z.number().optional(), field: z.string(), reason: z.string() }))
    .optional(),
})

const noQuery = z.strictObject({})

/** Must be awaited before the first route is declared. */
export async function describeApi(app: Server): Promise<void> {
  app.addHook('onRoute', (route) => {
    const schema = route.schema ?? {}
    if (schema.hide === true) return
    const response = typeof schema.response === 'object' ? schema.response : {}
    route.schema = {
      ...schema,
      ...(Array.isArray(route.config?.access) ? {} : { security: [] }),
      'x-access': route.config?.access,
      // A call without parameters takes none: an unknown one is a mistake and not silently ignored.
      querystring: schema.querystring ?? noQuery,
      response: {
        ...response,
        default: { content: { 'application/problem+json': { schema: problemSchema } } },
      },
    }
  })
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'hetao',
        description: 'Telemetry, alerts and tickets of a city’s assets',
        version: '1',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          account: { type: 'http', scheme: 'basic' },
          session: { type: 'apiKey', in: 'cookie', name: 'hetao' },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
  })
  app.get(
    '/openapi.json',
    {
      config: { access: access.read },
      schema: { tags: ['documents'], summary: 'This description, as OpenAPI 3.1' },
    },
    () => app.swagger(),
  )
}
