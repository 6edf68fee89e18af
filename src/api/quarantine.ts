// /quarantine: what was refused, with the reason, and the way to try it again.

import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { formatPosition } from '../core/position.ts'
import type { Quarantined } from '../core/messages/reading.ts'
import { payloadFormats } from '../core/messages/record.ts'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import { listOf, pagingQuery, readPage, shortText } from './lists.ts'
import { expectCommitted } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const IDS_MAX = 1000

const quarantinedSchema = z.object({
  id: z.string(),
  position: z.string(),
  at: z.string(),
  code: z.string(),
  detail: z.string(),
  client: z.string(),
  topic: z.string(),
  device: z.string().nullable(),
  /** The text where it is UTF-8, else base64. */
  payload: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  door: z.enum(['mqtt', 'http']),
  format: z.enum(payloadFormats),
  simulated: z.boolean(),
})

export function quarantineRoutes(app: Server, parts: ApiParts, times: Times): void {
  app.get(
    '/quarantine',
    {
      config: { access: access.operate },
      schema: {
        tags: ['quarantine'],
        summary: 'Refused messages and readings, newest first',
        querystring: z.strictObject({
          device: shortText.optional(),
          code: shortText.optional(),
          ...pagingQuery,
        }),
        response: {
          200: listOf(quarantinedSchema).extend({ counts: z.record(z.string(), z.number()) }),
        },
      },
    },
    (request) => {
      const { device, code } = request.query
      const filter = { device: device ?? null, code: code ?? null }
      const page = readPage(
        request.query,
        (paging) => parts.reader.quarantine(filter, paging),
        (item: Quarantined) => quarantinedView(item, times),
      )
      return { ...page, counts: parts.reader.quarantineCounts(device) }
    },
  )

  app.post(
    '/quarantine/redrive',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['quarantine'],
        summary:
          'Read refused messages again, whole, with today’s registry and decoders; they leave the quarantine and are never annunciated',
        body: z.strictObject({ ids: z.array(shortText).min(1).max(IDS_MAX) }),
        response: {
          202: z.object({ items: z.array(z.object({ id: z.string(), position: z.string() })) }),
        },
      },
    },
    async (request, reply) => {
      const ids = [...new Set(request.body.ids)]
      const found = new Map(parts.reader.quarantined(ids).map((item) => [item.id, item]))
      const missing = ids.filter((id) => !found.has(id))
      if (missing.length > 0)
        throw new ApiError('not_found', `Not in quarantine: ${missing.length} of ${ids.length}`, {
          errors: missing.map((id) => ({ field: 'ids', reason: `"${id}" is not in quarantine` })),
        })
      const alone = lonelyFragments([...found.values()])
      if (alone.length > 0)
        throw new ApiError(
          'not_allowed',
          'The beginning of a frame cannot be read without its end; the message that brought it can',
          { errors: alone.map((id) => ({ field: 'ids', reason: `"${id}" is only a beginning` })) },
        )
      const by = principalOf(request).name
      // A message is read again whole, however many of its parts were refused. All are handed over at once and share a commit;
      // repeating the call after a failure stores nothing twice.
      const messages = Map.groupBy(
        [...found.values()].sort((a, b) => Number(isFragment(a)) - Number(isFragment(b))),
        (item) => item.position,
      )
      const groups = await Promise.all(
        [...messages.values()].flatMap(([item, ...more]) =>
          item === undefined
            ? []
            : [parts.redrive(item, by).then((outcome) => ({ outcome, items: [item, ...more] }))],
        ),
      )
      reply.code(202)
      return {
        items: groups.flatMap(({ outcome, items }) => {
          const position = expectCommitted(outcome)
          return items.map(({ id }) => ({ id, position }))
        }),
      }
    },
  )
}

/** The beginning of a frame whose end never came: its payload is a part of the message's. */
function isFragment({ id }: Quarantined): boolean {
  return id.endsWith('.rest')
}

/** Fragments that are asked for without another part of their message. */
function lonelyFragments(items: readonly Quarantined[]): readonly string[] {
  const whole = new Set(items.filter((item) => !isFragment(item)).map(({ position }) => position))
  return items.filter((item) => isFragment(item) && !whole.has(item.position)).map(({ id }) => id)
}

export function quarantinedView(
  item: Quarantined,
  times: Times,
): z.output<typeof quarantinedSchema> {
  const bytes = Buffer.from(item.payload)
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64'
  return {
    id: item.id,
    position: formatPosition(item.position),
    at: times.iso(item.at),
    code: item.code,
    detail: item.detail,
    client: item.client,
    topic: item.topic,
    device: item.device,
    payload: bytes.toString(encoding),
    encoding,
    door: item.http ? 'http' : 'mqtt',
    format: item.format ?? 'canonical',
    simulated: item.simulated,
  }
}
