// The alert as JSON: the same in lists, in the single view and on the stream.

import { z } from 'zod'
import type { Alert } from '../core/alerts/alert.ts'
import { formatPosition } from '../core/position.ts'
import type { Times } from './times.ts'

export const textSchema = z.object({ zh: z.string(), en: z.string() })
export const severitySchema = z.enum(['P1', 'P2', 'P3'])

export const alertSchema = z.object({
  id: z.string(),
  device: z.string(),
  deviceName: z.string(),
  type: z.string(),
  division: z.string(),
  street: z.string().nullable(),
  rule: z.string(),
  severity: severitySchema,
  state: z.enum(['unack_active', 'acked_active', 'rtn_unack', 'closed']),
  raisedAt: z.string(),
  since: z.string(),
  value: z.number().nullable(),
  limit: z.number().nullable(),
  unit: z.string().nullable(),
  metric: z.string().nullable(),
  because: z.object({
    code: z.string(),
    params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  }),
  text: textSchema,
  ticket: z.string().nullable(),
  parent: z.string().nullable(),
  children: z.number().int(),
  count: z.number().int(),
  ackedAt: z.string().nullable(),
  ackedBy: z.string().nullable(),
  returnedAt: z.string().nullable(),
  closedAt: z.string().nullable(),
  simulated: z.boolean(),
  revision: z.string(),
})

export type AlertView = z.output<typeof alertSchema>

export function alertView(alert: Alert, times: Times): AlertView {
  return {
    id: alert.id,
    device: alert.device,
    deviceName: alert.deviceName,
    type: alert.type,
    division: alert.division,
    street: alert.street,
    rule: alert.rule,
    severity: alert.severity,
    state: alert.state,
    raisedAt: times.iso(alert.raisedAt),
    since: times.iso(alert.since),
    value: alert.value,
    limit: alert.limit,
    unit: alert.unit,
    metric: alert.metric,
    because: { code: alert.because.code, params: alert.because.params },
    text: { zh: alert.text.zh, en: alert.text.en },
    ticket: alert.ticket,
    parent: alert.parent,
    children: alert.children,
    count: alert.count,
    ackedAt: times.isoOrNull(alert.ackedAt),
    ackedBy: alert.ackedBy,
    returnedAt: times.isoOrNull(alert.returnedAt),
    closedAt: times.isoOrNull(alert.closedAt),
    simulated: alert.simulated,
    revision: formatPosition(alert.revision),
  }
}
