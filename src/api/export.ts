// /export/{dataset}: what the city knows as files, streamed.

import { z } from 'zod'
import { metricsOf } from '../core/device-type.ts'
import { access } from './access.ts'
import { choiceQuery } from './chosen-devices.ts'
import { ApiError } from './errors.ts'
import { listDatasets } from './export-lists.ts'
import {
  exportContentTypes,
  exportFormats,
  exportPieces,
  type ExportFormat,
  type ExportTable,
} from './export-table.ts'
import { telemetryTable } from './export-telemetry.ts'
import { shortText } from './lists.ts'
import type { ApiParts } from './parts.ts'
import { sendExport } from './send-export.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from './server.ts'
import { ask, metricNamed, spanOf, spanQuery, typeNamed, windowSchema } from './telemetry-query.ts'
import type { Times } from './times.ts'
import { createTurns } from './turns.ts'

const EXPORTS_MAX = 2
const METRICS_MAX = 200

const formatQuery = z.enum(exportFormats).default('csv')

const metricList = z
  .string()
  .max(METRICS_MAX * 42)
  .transform((list) => [...new Set(list.split(','))])
  .pipe(z.array(shortText).max(METRICS_MAX))

const fileSchema = {
  200: {
    description: 'A file: CSV in UTF-8 with a header line and CRLF, or one JSON array',
    content: {
      'text/csv': { schema: z.string() },
      'application/json': { schema: z.array(z.looseObject({})) },
    },
  },
}

export function exportRoutes(app: Server, parts: ApiParts, times: Times): void {
  const turns = createTurns({
    max: EXPORTS_MAX,
    code: 'too_many_exports',
    what: 'exports',
    retryAfterSeconds: 30,
  })

  app.get(
    '/export/telemetry',
    {
      config: { access: access.operate },
      exposeHeadRoute: false,
      schema: {
        tags: ['exchange'],
        summary:
          'Readings or windows of many devices as a file, device by device, each in order of time; the last 24 hours unless said otherwise. Times are ISO 8601 in the city’s zone, units stand in the header. With windows, `span (s)` says of a row how long it is where that is longer than asked for, because the finer windows are no longer kept (JSON: `spanMs`). Homes appear under other names',
        querystring: z.strictObject({
          format: formatQuery,
          type: shortText,
          metrics: metricList.optional().describe('Ids with commas between; all unless said'),
          ...choiceQuery,
          ...spanQuery,
          window: windowSchema.default('raw'),
        }),
        response: fileSchema,
      },
    },
    async (request, reply) => {
      const { format, window, metrics } = request.query
      const type = typeNamed(parts.types, request.query.type)
      const span = spanOf(request.query, parts, times)
      const table = telemetryTable(parts, times, {
        ...span,
        type,
        metrics: metrics?.map((id) => metricNamed(type, id, 'metrics')) ?? metricsOf(type),
        choice: request.query,
        window,
      })
      const fileName = `telemetry-${type.id}-${window}-${inFileName(span.from)}-${inFileName(span.to)}`
      return send(request, reply, { dataset: 'telemetry', table, format, fileName })
    },
  )

  const lists = listDatasets(parts, times)
  for (const { name, summary, filters, table } of lists)
    app.get(
      `/export/${name}`,
      {
        config: { access: access.operate },
        exposeHeadRoute: false,
        schema: {
          tags: ['exchange'],
          summary: `${summary}; as a file`,
          querystring: z.strictObject({
            format: formatQuery,
            ...Object.fromEntries(filters.map((filter) => [filter, shortText.optional()])),
          }),
          response: fileSchema,
        },
      },
      async (request, reply) => {
        const { format, ...filter } = request.query
        const fileName = `${name}-${inFileName(parts.clock.now())}`
        return send(request, reply, { dataset: name, table: table(filter), format, fileName })
      },
    )
  const datasets = ['telemetry', ...lists.map(({ name }) => name)]

  app.get(
    '/export/:dataset',
    {
      config: { access: access.operate },
      exposeHeadRoute: false,
      schema: {
        tags: ['exchange'],
        summary: `Answers which datasets exist: ${datasets.join(', ')}`,
        params: z.object({ dataset: z.string() }),
        querystring: z.looseObject({}),
      },
    },
    (request) => {
      const { dataset } = request.params
      throw new ApiError('not_found', `Expected a dataset, got "${dataset}"`, {
        errors: [{ field: 'dataset', reason: `expected one of ${datasets.join(', ')}` }],
      })
    },
  )

  async function send(
    request: FastifyRequest,
    reply: FastifyReply,
    file: {
      readonly dataset: string
      readonly table: ExportTable
      readonly format: ExportFormat
      readonly fileName: string
    },
  ): Promise<FastifyReply> {
    const { dataset, table, format, fileName } = file
    const onEnd = turns.take()
    return ask(() =>
      sendExport(request, reply, parts, {
        dataset,
        pieces: exportPieces(table, format),
        contentType: exportContentTypes[format],
        fileName: `${fileName}.${format}`,
        onEnd,
      }),
    )
  }

  /** `20261101T2230`, on the city's clock. */
  function inFileName(at: number): string {
    return times.iso(at).slice(0, 16).replaceAll(/[-:]/g, '')
  }
}
