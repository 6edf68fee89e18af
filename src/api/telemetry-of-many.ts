// /telemetry: one metric of many devices at once, for maps and small multiples.

import { z } from 'zod'
import { access } from './access.ts'
import { choiceQuery, DEVICES_LISTED_MAX, firstChosen } from './chosen-devices.ts'
import { shortText } from './lists.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Questions } from './questions.ts'
import { readSeries } from './series-of-many.ts'
import type { Server } from './server.ts'
import {
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

export function telemetryOfManyRoutes(
  app: Server,
  parts: ApiParts,
  times: Times,
  questions: Questions,
): void {
  app.get(
    '/telemetry',
    {
      config: { access: access.read },
      schema: {
        tags: ['telemetry'],
        summary: `One metric of many devices of a type, at most ${DEVICES_LISTED_MAX} devices and ${POINTS_MAX} points; devices without a reading in the span have no points`,
        querystring: z.strictObject({
          type: shortText,
          metric: metricText,
          ...choiceQuery,
          ...spanQuery,
          window: wantedWindow.default('auto'),
          ...widthQuery,
        }),
        response: {
          200: z.object({
            type: z.string(),
            ...metricFields,
            window: windowSchema.describe('The one really used'),
            from: z.string(),
            to: z.string(),
            series: z.array(z.object({ device: z.string(), points: z.array(pointSchema) })),
            devices: z.number().describe('How many were chosen, also those beyond the limit'),
            truncated: z
              .boolean()
              .describe(`There are more than ${DEVICES_LISTED_MAX} devices; the first are here`),
          }),
        },
      },
    },
    (request, reply) =>
      questions.run(reply, async (signal) => {
        const type = typeNamed(parts.types, request.query.type)
        const metric = metricNamed(type, request.query.metric)
        const span = spanOf(request.query, parts, times)
        const { devices, total } = await firstChosen(
          parts.reader,
          request.query,
          DEVICES_LISTED_MAX,
        )
        const { window, series } = await readSeries(parts, {
          ...span,
          type,
          metric: metric.id,
          devices: devices.map(({ id }) => id),
          window: request.query.window,
          width: request.query.width,
          role: principalOf(request).role,
          signal,
        })
        return {
          type: type.id,
          ...metricView(metric),
          window,
          from: times.iso(span.from),
          to: times.iso(span.to),
          series: series.map(({ device, points }) => ({ device, points: [...points] })),
          devices: total,
          truncated: total > devices.length,
        }
      }),
  )
}
