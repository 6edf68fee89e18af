// /integrations: the accounts of other networks. A password is shown once and kept nowhere; only its hash goes into the journal.

import { z } from 'zod'
import {
  INTEGRATION_ID_PATTERN,
  integrationFormats,
  usualTopics,
  type Integration,
} from '../core/registry/integration.ts'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import { readKeyedPage } from './keyed-page.ts'
import { listOf, pagingQuery } from './lists.ts'
import { command } from './outcomes.ts'
import { overlapQuery, previousUntil } from './overlap.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const idParams = z.object({ id: z.string() })
const credentialSchema = z.object({
  id: z.string(),
  username: z.string(),
  password: z.string(),
})
const integrationSchema = z.object({
  id: z.string(),
  name: z.string(),
  format: z.enum(integrationFormats),
  topics: z.array(z.string()),
  createdAt: z.string(),
  /** How many devices name it as their account. */
  devices: z.number(),
})
const createSchema = z.strictObject({
  id: z.string().regex(INTEGRATION_ID_PATTERN, `expected ${INTEGRATION_ID_PATTERN.source}`),
  name: z.string().trim().min(1).max(200),
  format: z.enum(integrationFormats),
  topics: z
    .array(z.string().min(1).max(256))
    .max(16)
    .exactOptional()
    .describe('Topic filters it may publish on and listen to; the usual ones of the format'),
})

export function integrationRoutes(app: Server, parts: ApiParts, times: Times): void {
  const { reader, submit } = parts

  app.get(
    '/integrations',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['integrations'],
        summary: 'Accounts through which other networks speak for devices, by id',
        querystring: z.strictObject(pagingQuery),
        response: { 200: listOf(integrationSchema) },
      },
    },
    (request) =>
      readKeyedPage(request.query, 'integrations', reader.integrations(), ({ id }) => id, view),
  )

  app.post(
    '/integrations',
    {
      config: { access: access.admin },
      schema: {
        tags: ['integrations'],
        summary: 'Make an account; its password is shown this once',
        body: createSchema,
        response: { 201: credentialSchema },
      },
    },
    async (request, reply) => {
      const { id, name, format, topics = usualTopics[format] } = request.body
      const { password, hash } = parts.makeCredential('integration')
      const integration = { id, name, format, topics }
      const by = principalOf(request).name
      await command(submit, by, { kind: 'integration.create', integration, hash })
      reply.code(201).header('location', `/api/v1/integrations/${id}`)
      return { id, username: id, password }
    },
  )

  app.get(
    '/integrations/:id',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['integrations'],
        summary: 'One account',
        params: idParams,
        response: { 200: integrationSchema },
      },
    },
    (request) => {
      const { id } = request.params
      const account = reader.integrations().find((one) => one.id === id)
      if (account === undefined)
        throw new ApiError('not_found', `Expected the id of an integration account, got "${id}"`)
      return view(account)
    },
  )

  app.post(
    '/integrations/:id/credentials',
    {
      config: { access: access.admin },
      schema: {
        tags: ['integrations'],
        summary:
          'Make a new password; the old one ends, and its connections with it, at once or after `overlapSeconds`',
        params: idParams,
        querystring: overlapQuery,
        response: { 201: credentialSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { password, hash } = parts.makeCredential('integration')
      await command(submit, principalOf(request).name, {
        kind: 'integration.credential',
        id,
        hash,
        previousUntil: previousUntil(request.query, parts.clock),
      })
      reply.code(201)
      return { id, username: id, password }
    },
  )

  app.delete(
    '/integrations/:id',
    {
      config: { access: access.admin },
      schema: {
        tags: ['integrations'],
        summary: 'Remove an account; its connections end, its devices stay',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await command(submit, principalOf(request).name, { kind: 'integration.remove', id })
      const devices = reader.devicesOf(id)
      if (devices > 0)
        parts.log.warn({ account: id, devices }, 'devices name an account that was removed')
      return reply.code(204).send(null)
    },
  )

  function view(account: Integration): z.output<typeof integrationSchema> {
    const { id, name, format, topics, createdAt } = account
    const devices = reader.devicesOf(id)
    return { id, name, format, topics: [...topics], createdAt: times.iso(createdAt), devices }
  }
}
