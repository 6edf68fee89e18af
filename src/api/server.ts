// The Fastify instance as the resources see it: zod schemas type the requests, and every request knows who sent it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { PayloadFormat } from '../core/messages/record.ts'
import type { Access } from './access.ts'
import type { Principal } from './principal.ts'

export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on open and signature routes. */
    principal: Principal | null
  }
  interface FastifySchema {
    /** The route's access once more, for the documents. */
    'x-access'?: Access | undefined
  }
  interface FastifyContextConfig {
    /** Who may call the route; the server does not start while one route lacks it. */
    access?: Access
    /** The format that comes in here; an integration account enters by the door of its own format only. */
    door?: PayloadFormat
    /** Takes bodies of any content type, or of none, as bytes. */
    anyBody?: true
  }
}
