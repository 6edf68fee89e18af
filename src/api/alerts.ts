// /alerts: what is wrong in the city, why, and what people said to it.

import { z } from 'zod'
import type { Alert } from '../core/alerts/alert.ts'
import { access } from './access.ts'
import { alertSchema, alertView, severitySchema } from './alert-view.ts'
import { ApiError } from './errors.ts'
import { evidenceOf, evidenceSchema } from './evidence.ts'
import { listOf, pagingQuery, readPage, shortText } from './lists.ts'
import type { LiveFeed } from './live-feed.ts'
import { command } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'
import { historySchema, historyView } from './ticket-view.ts'
import type { Times } from './times.ts'

const IDS_MAX = 1000

const severities = z
  .string()
  .max(20)
  .transform((list) => list.split(','))
  .pipe(z.array(severitySchema).min(1))

const alertQuery = z.strictObject({
  state: z.enum(['active', 'all']).default('active'),
  severity: severities.optional(),
  division: shortText.optional(),
  type: shortText.optional(),
  device: shortText.optional(),
  ...pagingQuery,
})

const idParams = z.object({ id: z.string() })
const note = z.string().trim().min(1).max(2000)
const comment = note.nullish()

export function alertRoutes(app: Server, parts: ApiParts, times: Times, feed: LiveFeed): void {
  const show = (alert: Alert) => alertView(alert, times)

  app.get(
    '/alerts',
    {
      config: { access: access.read },
      schema: {
        tags: ['alerts'],
        summary: 'Alerts: active first, then by severity, newest first within it',
        querystring: alertQuery,
        response: { 200: listOf(alertSchema).extend({ asOf: z.string().optional() }) },
      },
    },
    (request) => {
      const { state, severity, division, type, device } = request.query
      const filter = {
        state,
        severity: severity ?? null,
        division: division ?? null,
        type: type ?? null,
        device: device ?? null,
      }
      // Taken before the list is read: a change in between comes again on the stream rather than never.
      const asOf = feed.place()
      const page = readPage(request.query, (paging) => parts.reader.alerts(filter, paging), show)
      return state === 'active' ? { ...page, asOf } : page
    },
  )

  app.get(
    '/alerts/:id',
    {
      config: { access: access.read },
      schema: {
        tags: ['alerts'],
        summary: 'One alert with its timeline and the readings that speak for it',
        params: idParams,
        response: {
          200: alertSchema.extend({ timeline: historySchema, evidence: evidenceSchema }),
        },
      },
    },
    async (request) => {
      const found = parts.reader.alert(request.params.id)
      if (found === null) throw noSuchAlert(request.params.id)
      return {
        ...show(found.alert),
        timeline: historyView(found.timeline, times),
        evidence: await evidenceOf(found.alert, parts),
      }
    },
  )

  app.post(
    '/alerts/:id/ack',
    {
      config: { access: access.operate },
      schema: {
        tags: ['alerts'],
        summary: 'Acknowledge one alert',
        params: idParams,
        body: z.strictObject({ comment }).nullish(),
        response: { 200: alertSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      await command(parts.submit, principalOf(request).name, {
        kind: 'alerts.acknowledge',
        ids: [id],
        comment: request.body?.comment ?? null,
      })
      return present(id)
    },
  )

  app.post(
    '/alerts/:id/comment',
    {
      config: { access: access.operate },
      schema: {
        tags: ['alerts'],
        summary: 'Add a comment to the timeline',
        params: idParams,
        body: z.strictObject({ text: note }),
        response: { 200: alertSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      await command(parts.submit, principalOf(request).name, {
        kind: 'alert.comment',
        id,
        text: request.body.text,
      })
      return present(id)
    },
  )

  app.post(
    '/alerts/ack',
    {
      config: { access: access.operate },
      schema: {
        tags: ['alerts'],
        summary: 'Acknowledge many alerts: all, or none when one is unknown',
        body: z.strictObject({ ids: z.array(shortText).min(1).max(IDS_MAX), comment }),
        response: {
          200: z.object({ result: z.enum(['applied', 'duplicate']), items: z.array(alertSchema) }),
        },
      },
    },
    async (request) => {
      const ids = [...new Set(request.body.ids)]
      const result = await command(parts.submit, principalOf(request).name, {
        kind: 'alerts.acknowledge',
        ids,
        comment: request.body.comment ?? null,
      })
      return { result, items: ids.map(present) }
    },
  )

  function present(id: string) {
    const found = parts.reader.alert(id)
    if (found === null) throw noSuchAlert(id)
    return show(found.alert)
  }
}

function noSuchAlert(id: string): ApiError {
  return new ApiError('not_found', `Expected the id of an alert, got "${id}"`)
}
