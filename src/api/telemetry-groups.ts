// /telemetry/groups: one metric over groups of devices: the power of a district, the coldest home of a street.

import { z } from 'zod'
import { access } from './access.ts'
import { choiceQuery } from './chosen-devices.ts'
import { groupDevices, groupings, groupName } from './device-groups.ts'
import { shortText } from './lists.ts'
import type { ApiParts } from './parts.ts'
import { expectWindowAllowed, GROUP_MIN, seesSingleReadings } from './personal-data.ts'
import { principalOf } from './principal.ts'
import type { Questions } from './questions.ts'
import { tooMany, windowFor } from './series-of-many.ts'
import type { Server } from './server.ts'
import {
  ask,
  metricFields,
  metricNamed,
  metricText,
  metricView,
  spanMsField,
  spanOf,
  spanQuery,
  typeNamed,
  wantedWindow,
  widthQuery,
  windowSchema,
} from './telemetry-query.ts'
import type { Times } from './times.ts'
import { fittingWindow, longerWindow, pointsIn, POINTS_MAX, windowMs } from './window-counts.ts'

const groupWindow = windowSchema.exclude(['raw'])

const textSchema = z.object({ zh: z.string(), en: z.string() })

const groupPointSchema = z.object({
  t: z.number().describe('Start of the window, epoch milliseconds'),
  devices: z.number().describe('Devices with a value in it'),
  count: z.number().describe('Values in it'),
  min: z.number().describe('Least value of any device, in `unit`'),
  max: z.number().describe('Greatest value of any device, in `unit`'),
  mean: z.number().describe('Of all values, in `unit`'),
  total: z.number().describe('Sum of the devices’ means, in `unit`'),
  increase: z.number().optional().describe('Counters only: sum of the devices’, in `unit`'),
  ...spanMsField,
})

export function telemetryGroupRoutes(
  app: Server,
  parts: ApiParts,
  times: Times,
  questions: Questions,
): void {
  app.get(
    '/telemetry/groups',
    {
      config: { access: access.read },
      schema: {
        tags: ['telemetry'],
        summary:
          'One metric over groups of devices of a type, in windows. A window that is left to the server is never shorter than the rhythm of the type, so that sums hold every device',
        querystring: z.strictObject({
          type: shortText,
          metric: metricText,
          by: z.enum(groupings),
          ...choiceQuery,
          ...spanQuery,
          window: wantedWindow.exclude(['raw']).default('auto'),
          ...widthQuery,
        }),
        response: {
          200: z.object({
            type: z.string(),
            ...metricFields,
            by: z.enum(groupings),
            window: groupWindow.describe('The one really used'),
            from: z.string(),
            to: z.string(),
            groups: z.array(
              z.object({
                key: z.string().nullable().describe('Null: the registry does not say it'),
                name: textSchema.optional(),
                devices: z.number().describe('Devices in the group, with and without values'),
                points: z.array(groupPointSchema),
                suppressed: z
                  .literal(true)
                  .optional()
                  .describe(`Personal data of fewer than ${GROUP_MIN} devices is not shown`),
              }),
            ),
          }),
        },
      },
    },
    (request, reply) =>
      questions.run(reply, async (signal) => {
        const { by, window: wanted, width } = request.query
        const { role } = principalOf(request)
        const type = typeNamed(parts.types, request.query.type)
        const metric = metricNamed(type, request.query.metric)
        const span = spanOf(request.query, parts, times)
        const groups = await groupDevices(parts, request.query, type, by)
        signal.throwIfAborted()
        const devicesMin = seesSingleReadings(role, type.id) ? 1 : GROUP_MIN
        const shown = groups.filter(({ devices }) => devices.length >= devicesMin)
        const window = wanted === 'auto' ? chosenWindow() : wanted
        expectWindowAllowed(role, type, window)
        const chart = {
          ...span,
          reportSeconds: type.reportSeconds,
          series: Math.max(1, shown.length),
        }
        const each = pointsIn(window, chart)
        if (each * chart.series > POINTS_MAX) throw tooMany(window, chart, `up to ${each}`)
        const found = await ask(() =>
          parts.telemetry.groups({
            ...span,
            type: type.id,
            metric: metric.id,
            window,
            limit: POINTS_MAX,
            groups: shown.map(({ key, devices }) => ({ key: asText(key), devices })),
          }),
        )
        const pointsOf = new Map(found.map(({ key, points }) => [key, points]))
        return {
          type: type.id,
          ...metricView(metric),
          by,
          window,
          from: times.iso(span.from),
          to: times.iso(span.to),
          groups: groups.map((group) => {
            const name = groupName(parts, type, by, group.key)
            return {
              key: group.key,
              ...(name === null ? {} : { name: { ...name } }),
              devices: group.devices.length,
              points: (pointsOf.get(asText(group.key)) ?? []).filter(
                (point) => point.devices >= devicesMin,
              ),
              ...(group.devices.length < devicesMin ? { suppressed: true as const } : {}),
            }
          }),
        }

        function chosenWindow(): z.output<typeof groupWindow> {
          const chart = { ...span, width, type, devices: shown.map(({ key }) => asText(key)), role }
          const rhythm =
            groupWindow.options.find((one) => windowMs[one] >= type.reportSeconds * 1000) ?? '1d'
          const finest = longerWindow(windowFor(parts, chart), rhythm)
          const fitting = fittingWindow(finest, {
            ...span,
            reportSeconds: type.reportSeconds,
            series: Math.max(1, shown.length),
          })
          return fitting === null || fitting === 'raw' ? '1d' : fitting
        }
      }),
  )
}

/** No key of the registry is empty. */
function asText(key: string | null): string {
  return key ?? ''
}
