// /devices/{id}/telemetry and /latest: what one device measured.

import { z } from 'zod'
import type { Device } from '../core/registry/device.ts'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import { latestSchema, latestView, silentView } from './latest-view.ts'
import type { ApiParts } from './parts.ts'
import { expectWindowAllowed } from './personal-data.ts'
import { principalOf } from './principal.ts'
import type { Questions } from './questions.ts'
import { readSeries } from './series-of-many.ts'
import type { Server } from './server.ts'
import {
  ask,
  metricFields,
  metricNamed,
  metricText,
  metricView,
  pointSchema,
  spanOf,
  spanQuery,
  typeNamed,
  wantedWindow,
  widthQuery,
  windowSchema,
} from './telemetry-query.ts'
import type { Times } from './times.ts'
import { POINTS_MAX } from './window-counts.ts'

const idParams = z.object({ id: z.string() })

export function telemetryRoutes(
  app: Server,
  parts: ApiParts,
  times: Times,
  questions: Questions,
): void {
  app.get(
    '/devices/:id/telemetry',
    {
      config: { access: access.read },
      schema: {
        tags: ['telemetry'],
        summary:
          'A series of one metric, oldest first; the last 24 hours unless said otherwise. Windows begin at whole minutes, local hours, quarters of the local day and local days; those without a reading are left out',
        params: idParams,
        querystring: z.strictObject({
          metric: metricText,
          ...spanQuery,
          window: wantedWindow.default('raw'),
          ...widthQuery,
        }),
        response: {
          200: z.object({
            ...metricFields,
            window: windowSchema.describe('The one really used'),
            from: z.string(),
            to: z.string(),
            points: z.array(pointSchema),
            truncated: z.boolean().describe(`There are more than ${POINTS_MAX} points`),
          }),
        },
      },
    },
    (request, reply) =>
      questions.run(reply, async (signal) => {
        const device = knownDevice(request.params.id)
        const { role } = principalOf(request)
        const { window: wanted, width } = request.query
        const type = typeNamed(parts.types, device.type)
        const metric = metricNamed(type, request.query.metric)
        const span = spanOf(request.query, parts, times)
        const { window, points } =
          wanted === 'auto'
            ? await chosenWindow()
            : { window: wanted, points: await asAsked(wanted) }
        return {
          ...metricView(metric),
          window,
          from: times.iso(span.from),
          to: times.iso(span.to),
          points: points.slice(0, POINTS_MAX),
          truncated: points.length > POINTS_MAX,
        }

        async function chosenWindow() {
          const { window, series } = await readSeries(parts, {
            ...span,
            type,
            metric: metric.id,
            devices: [device.id],
            window: wanted,
            width,
            reportSeconds: device.reportSeconds ?? type.reportSeconds,
            role,
            signal,
          })
          return { window, points: series[0]?.points ?? [] }
        }

        async function asAsked(window: z.output<typeof windowSchema>) {
          expectWindowAllowed(role, type, window)
          const [series] = await ask(() =>
            parts.telemetry.series({
              ...span,
              type: type.id,
              metric: metric.id,
              devices: [device.id],
              window,
              limit: POINTS_MAX + 1,
            }),
          )
          return series?.points ?? []
        }
      }),
  )

  app.get(
    '/devices/:id/latest',
    {
      config: { access: access.read },
      schema: {
        tags: ['telemetry'],
        summary: 'The newest value of every metric, by event time',
        params: idParams,
        response: { 200: latestSchema },
      },
    },
    (request) => {
      const device = knownDevice(request.params.id)
      const latest = parts.reader.latest(device.id)
      return latest === null ? silentView(device) : latestView(latest, times)
    },
  )

  function knownDevice(id: string): Device {
    const device = parts.reader.device(id)
    if (device === null) throw new ApiError('not_found', `Expected the id of a device, got "${id}"`)
    return device
  }
}
