// /devices/{id}/credentials: a new password for a device. It is shown once and kept nowhere; only its hash goes into the journal.

import { z } from 'zod'
import { access } from './access.ts'
import { command } from './outcomes.ts'
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
        summary: 'Make a new password; the old one ends, and its connection with it',
        params: z.object({ id: z.string() }),
        response: { 201: z.object({ username: z.string(), password: z.string() }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { password, hash } = parts.makeCredential()
      await command(parts.submit, principalOf(request).name, {
        kind: 'device.credential',
        id,
        hash,
      })
      reply.code(201)
      return { username: id, password }
    },
  )
}
