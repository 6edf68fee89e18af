// /devices/{id}/credentials: a new password for a device. It is shown once and kept nowhere; only its hash goes into the journal.

import { z } from 'zod'
import { access } from './access.ts'
import { command } from './outcomes.ts'
import { overlapQuery, previousUntil } from './overlap.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'

export function deviceCredentialRoutes(app: Server, parts: ApiParts): void {
  app.post(
    '/devices/:id/credentials',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['devices'],
        summary:
          'Make a new password; the old one ends, and its connection with it, at once or after `overlapSeconds`',
        params: z.object({ id: z.string() }),
        querystring: overlapQuery,
        response: { 201: z.object({ username: z.string(), password: z.string() }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { password, hash } = parts.makeCredential('device')
      const until = previousUntil(request.query, parts.clock)
      await command(parts.submit, principalOf(request).name, {
        kind: 'device.credential',
        id,
        hash,
        ...(until === null ? {} : { previousUntil: until }),
      })
      reply.code(201)
      return { username: id, password }
    },
  )

  app.delete(
    '/devices/:id/credentials',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['devices'],
        summary:
          'Let the device in no more, neither by password nor by certificate, until a new password is made',
        params: z.object({ id: z.string() }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await command(parts.submit, principalOf(request).name, { kind: 'device.revoke', id })
      return reply.code(204).send(null)
    },
  )
}
