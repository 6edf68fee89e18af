// How the telemetry side stands, as the pipeline page shows it.

import { z } from 'zod'
import type { StoreState, TelemetryStatus } from '../ports.ts'
import type { Times } from './times.ts'

export const storeStates = [
  'starting',
  'ready',
  'unreachable',
  'unauthorized',
  'missing',
  'full',
  'slow',
  'failing',
] as const satisfies readonly StoreState['state'][]

export const telemetryStatusSchema = z.object({
  kind: z.enum(['embedded', 'influx', 'memory']),
  state: z.enum(storeStates),
  since: z.string().nullable(),
  detail: z.string().nullable().describe('What the server or the system said last'),
  server: z.string().nullable().describe('Product and version of the database'),
  rollups: z.object({
    through: z.string().nullable().describe('Every window that ends up to here is kept'),
    lagMs: z.number().describe('Behind the newest reading, the grace for late readings included'),
    dirty: z.number().describe('Hours and days that wait to be worked out again'),
  }),
  retention: z
    .object({ at: z.string(), pieces: z.number(), bytes: z.number().nullable() })
    .nullable()
    .describe('When retention last ran and what it took'),
})

export function telemetryStatusView(
  { kind, state, since, detail, server, rollups, retention }: TelemetryStatus,
  times: Times,
): z.output<typeof telemetryStatusSchema> {
  /** Before the first answer there are no moments. */
  const moment = (at: number) => (Number.isFinite(at) && at > 0 ? times.iso(at) : null)
  return {
    kind,
    state,
    since: moment(since),
    detail,
    server,
    rollups: { ...rollups, through: moment(rollups.through) },
    retention: retention === null ? null : { ...retention, at: times.iso(retention.at) },
  }
}
