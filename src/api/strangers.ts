// /strangers: names that no device has, from messages and from sign-ins: what has been installed and not been registered.

import { z } from 'zod'
import type { Stranger, UnknownClient } from '../ports.ts'
import { access } from './access.ts'
import { listOf, pagingQuery } from './lists.ts'
import { readMergedPage } from './merged-page.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const strangerSchema = z.object({
  name: z.string(),
  /** `message`: something known spoke of it; `sign-in`: it tried to sign in itself. */
  seen: z.enum(['message', 'sign-in']),
  firstAt: z.string(),
  lastAt: z.string(),
  count: z.number(),
  /** Who sent the last message; of a sign-in the name itself. */
  client: z.string(),
  address: z.string().nullable(),
  topic: z.string().nullable(),
})
type StrangerView = z.output<typeof strangerSchema>

export function strangerRoutes(app: Server, parts: ApiParts, times: Times): void {
  const { reader, door } = parts

  app.get(
    '/strangers',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['devices'],
        summary: 'Names that spoke up and that no device has, the one heard last first',
        querystring: z.strictObject(pagingQuery),
        response: { 200: listOf(strangerSchema) },
      },
    },
    (request) =>
      readMergedPage(request.query, {
        stored(paging) {
          const { items, cursor } = reader.strangers(paging)
          return { items: items.map((one) => ({ at: one.lastAt, item: ofMessages(one) })), cursor }
        },
        remembered: unknownClients().map((one) => ({ at: one.lastAt, item: ofSignIns(one) })),
      }),
  )

  /** The door remembers how it was then: what has been registered since is no stranger any more. */
  function unknownClients(): readonly UnknownClient[] {
    const accounts = new Set(reader.integrations().map(({ id }) => id))
    return door
      .unknownClients()
      .filter(({ client }) => !accounts.has(client) && reader.deviceNamed(client) === null)
  }

  function ofMessages(stranger: Stranger): StrangerView {
    const { name, firstAt, lastAt, count, client, topic } = stranger
    return {
      name,
      seen: 'message',
      firstAt: times.iso(firstAt),
      lastAt: times.iso(lastAt),
      count,
      client,
      address: null,
      topic: topic === '' ? null : topic,
    }
  }

  function ofSignIns(unknown: UnknownClient): StrangerView {
    const { client, firstAt, lastAt, count, address } = unknown
    return {
      name: client,
      seen: 'sign-in',
      firstAt: times.iso(firstAt),
      lastAt: times.iso(lastAt),
      count,
      client,
      address,
      topic: null,
    }
  }
}
