// /devices/{id}/errors: why was my reading refused? What of the device is in quarantine, and what the door has turned away.

import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import type { Quarantined } from '../core/messages/reading.ts'
import type { DoorRefusal } from '../ports.ts'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import { listOf, pagingQuery } from './lists.ts'
import { readMergedPage } from './merged-page.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const EXCERPT_MAX = 200

const deviceErrorSchema = z.object({
  at: z.string(),
  /** `door`: never journaled, remembered until the next start; `pipeline`: in quarantine. */
  source: z.enum(['door', 'pipeline']),
  code: z.string(),
  detail: z.string(),
  topic: z.string().nullable(),
  /** The beginning of what was sent: the text where it is UTF-8, else base64. */
  payload: z.string().nullable(),
  encoding: z.enum(['utf8', 'base64']).nullable(),
  quarantine: z.string().nullable(),
  address: z.string().nullable(),
})
type DeviceError = z.output<typeof deviceErrorSchema>

export function deviceErrorRoutes(app: Server, parts: ApiParts, times: Times): void {
  const { reader, door } = parts

  app.get(
    '/devices/:id/errors',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['devices'],
        summary: 'What of the device was refused lately, and why, newest first',
        params: z.object({ id: z.string() }),
        querystring: z.strictObject(pagingQuery),
        response: { 200: listOf(deviceErrorSchema) },
      },
    },
    (request) => {
      const { id } = request.params
      if (reader.device(id) === null)
        throw new ApiError('not_found', `Expected the id of a device, got "${id}"`)
      return readMergedPage(request.query, {
        stored(paging) {
          const { items, cursor } = reader.quarantine({ device: id, code: null }, paging)
          return { items: items.map((item) => ({ at: item.at, item: ofPipeline(item) })), cursor }
        },
        remembered: door.refusals(id).map((item) => ({ at: item.at, item: ofDoor(item) })),
      })
    },
  )

  function ofPipeline(item: Quarantined): DeviceError {
    const bytes = Buffer.from(item.payload)
    const encoding = isUtf8(bytes) ? 'utf8' : 'base64'
    return {
      at: times.iso(item.at),
      source: 'pipeline',
      code: item.code,
      detail: item.detail,
      topic: item.topic === '' ? null : item.topic,
      payload: bytes.toString(encoding).slice(0, EXCERPT_MAX),
      encoding,
      quarantine: item.id,
      address: null,
    }
  }

  function ofDoor(refusal: DoorRefusal): DeviceError {
    const { at, reason, detail, topic, address } = refusal
    return {
      at: times.iso(at),
      source: 'door',
      code: reason,
      detail,
      topic,
      payload: null,
      encoding: null,
      quarantine: null,
      address,
    }
  }
}
