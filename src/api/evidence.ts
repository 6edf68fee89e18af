// The readings that speak for an alert: its metric from shortly before the fault until now.

import { z } from 'zod'
import type { Alert } from '../core/alerts/alert.ts'
import { TelemetryUnavailable, type Point } from '../ports.ts'
import type { ApiParts } from './parts.ts'

const BEFORE_MS = 30 * 60_000
const POINTS_MAX = 500
/** Whoever opens an alert waits no longer for its chart. */
const EVIDENCE_MS = 5000

export const evidenceSchema = z
  .object({
    metric: z.string(),
    unit: z.string().nullable(),
    /** Epoch milliseconds, as in all points. */
    from: z.number(),
    to: z.number(),
    points: z.array(z.object({ t: z.number(), v: z.number() })),
    truncated: z.boolean(),
  })
  .nullable()

/** Null when the alert is not about a value, or the readings cannot be had: the alert itself must still be seen. */
export async function evidenceOf(
  alert: Alert,
  parts: Pick<ApiParts, 'telemetry' | 'clock' | 'log'>,
): Promise<z.output<typeof evidenceSchema>> {
  const { metric, unit } = alert
  if (metric === null) return null
  const from = alert.since - BEFORE_MS
  const until = alert.closedAt === null ? parts.clock.now() : alert.closedAt + BEFORE_MS
  const to = Math.max(Math.min(until, parts.clock.now()), alert.since) + 1
  const { device, type } = alert
  const limit = POINTS_MAX + 1
  const late = Promise.withResolvers<never>()
  const cancel = parts.clock.after(EVIDENCE_MS, () =>
    late.reject(new TelemetryUnavailable('The readings did not come in time')),
  )
  try {
    const reading = parts.telemetry.series({
      type,
      metric,
      devices: [device],
      from,
      to,
      window: 'raw',
      limit,
    })
    const [series] = await Promise.race([reading, late.promise])
    const points = series?.points ?? []
    const raw = points.filter(isRaw).slice(0, POINTS_MAX)
    return { metric, unit, from, to, points: raw, truncated: points.length > POINTS_MAX }
  } catch (error) {
    parts.log.error({ err: error, alert: alert.id }, 'cannot read the evidence')
    return null
  } finally {
    cancel()
  }
}

function isRaw(point: Point): point is Point & { v: number } {
  return 'v' in point
}
