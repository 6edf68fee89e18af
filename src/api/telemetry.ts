// /devices/{id}/telemetry and /latest: what a device measured.

import { z } from 'zod'
import { metricsOf } from '../core/device-type.ts'
import { telemetryWindows } from '../ports.ts'
import { access } from './access.ts'
import { ApiError } from './errors.ts'
import { latestSchema, latestView } from './latest-view.ts'
import { shortText } from './lists.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'
import { moment, type Times } from './times.ts'

const POINTS_MAX = 50_000
const DAY_MS = 86_400_000

const pointSchema = z.union([
  z.object({ t: z.number(), v: z.number() }),
  z.object({
    t: z.number(),
    count: z.number(),
    min: z.number(),
    max: z.number(),
    mean: z.number(),
    last: z.number(),
  }),
])

const idParams = z.object({ id: z.string() })

export function telemetryRoutes(app: Server, parts: ApiParts, times: Times): void {
  app.get(
    '/devices/:id/telemetry',
    {
      config: { access: access.read },
      schema: {
        tags: ['telemetry'],
        summary: 'A series of one metric, oldest first; the last 24 hours unless said otherwise',
        params: idParams,
        querystring: z.strictObject({
          metric: shortText,
          from: moment.optional(),
          to: moment.optional(),
          window: z.enum(telemetryWindows).default('raw'),
        }),
        response: {
          200: z.object({
            metric: z.string(),
            unit: z.string(),
            unitLabel: z.string().optional(),
            window: z.enum(telemetryWindows),
            from: z.string(),
            to: z.string(),
            points: z.array(pointSchema),
            truncated: z.boolean(),
          }),
        },
      },
    },
    async (request) => {
      const device = knownDevice(request.params.id)
      const { window } = request.query
      const metric = metricOf(device.type, request.query.metric)
      const to = request.query.to ?? parts.clock.now() + 1
      const from = request.query.from ?? to - DAY_MS
      if (from >= to)
        throw new ApiError('invalid_request', 'Expected "from" before "to"', {
          errors: [{ field: 'from', reason: `expected a moment before ${times.iso(to)}` }],
        })
      const points = await parts.telemetry.series({
        device: device.id,
        type: device.type,
        metric: metric.id,
        from,
        to,
        window,
        limit: POINTS_MAX + 1,
      })
      return {
        metric: metric.id,
        unit: metric.unit,
        ...(metric.unitLabel === undefined ? {} : { unitLabel: metric.unitLabel }),
        window,
        from: times.iso(from),
        to: times.iso(to),
        points: points.slice(0, POINTS_MAX),
        truncated: points.length > POINTS_MAX,
      }
    },
  )

  app.get(
    '/devices/:id/latest',
    {
      config: { access: access.read },
      schema: {
        tags: ['telemetry'],
        summary: 'The newest value of every metric',
        params: idParams,
        response: { 200: latestSchema },
      },
    },
    (request) => {
      const device = knownDevice(request.params.id)
      const latest = parts.reader.latest(device.id)
      if (latest !== null) return latestView(latest, times)
      const { id, simulated } = device
      return { device: id, ts: null, receivedAt: null, simulated, values: {} }
    },
  )

  function knownDevice(id: string) {
    const device = parts.reader.device(id)
    if (device === null) throw new ApiError('not_found', `Expected the id of a device, got "${id}"`)
    return device
  }

  function metricOf(typeId: string, metricId: string) {
    const type = parts.types.find(({ id }) => id === typeId)
    const metrics = type === undefined ? [] : metricsOf(type)
    const metric = metrics.find(({ id }) => id === metricId)
    if (metric === undefined)
      throw new ApiError('invalid_request', `Type ${typeId} has no metric "${metricId}"`, {
        errors: [
          { field: 'metric', reason: `expected one of ${metrics.map(({ id }) => id).join(', ')}` },
        ],
      })
    return metric
  }
}
