// /latest: the newest values of many devices, for maps and lists.

import { z } from 'zod'
import type { Device } from '../core/registry/device.ts'
import { access } from './access.ts'
import { deviceList } from './chosen-devices.ts'
import { ApiError } from './errors.ts'
import { readKeyedPage } from './keyed-page.ts'
import { latestSchema, latestView, silentView } from './latest-view.ts'
import { listOf, pagingQuery, readPage, shortText } from './lists.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const itemSchema = latestSchema.extend({ type: z.string(), division: z.string() })

export function latestListRoutes(
  app: Server,
  { reader }: Pick<ApiParts, 'reader'>,
  times: Times,
): void {
  app.get(
    '/latest',
    {
      config: { access: access.read },
      schema: {
        tags: ['telemetry'],
        summary:
          'The newest value of every metric of many devices, by event time, each with its own time; devices by id, also those that said nothing yet. Values are in the units of the type',
        querystring: z.strictObject({
          type: shortText.optional(),
          division: shortText.optional(),
          parent: shortText.optional(),
          devices: deviceList
            .optional()
            .describe('Ids with commas between; those that do not exist are left out'),
          ...pagingQuery,
        }),
        response: { 200: listOf(itemSchema) },
      },
    },
    (request) => {
      const { type = null, division = null, parent = null, devices: ids } = request.query
      if (ids === undefined) {
        const filter = { type, division, parent, search: null }
        return readPage(request.query, (paging) => reader.devices(filter, paging), show)
      }
      if (type !== null || division !== null || parent !== null)
        throw new ApiError('invalid_request', 'Expected a list of devices or a filter, got both', {
          errors: [{ field: 'devices', reason: 'expected no filter beside it' }],
        })
      const found = ids.flatMap((id) => reader.device(id) ?? [])
      return readKeyedPage(request.query, 'latest', found, ({ id }) => id, show)
    },
  )

  function show(device: Device): z.output<typeof itemSchema> {
    const { id, type, division } = device
    const latest = reader.latest(id)
    const view = latest === null ? silentView(device) : latestView(latest, times)
    return { ...view, type, division }
  }
}
