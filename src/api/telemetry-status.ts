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
  state: z
    .enum(storeStates)
    .describe(
      '`ready`: readings are written. `starting`: not asked yet. `unreachable`: no answer. `unauthorized`: the token is wrong or may not. `missing`: no bucket, and no right to make one. `full`: the disk is. `slow`: answers come late or not in time. `failing`: see `detail`. Whatever it is, readings wait in the journal and none is lost',
    ),
  since: z.string().nullable().describe('Since when it is in this state'),
  detail: z.string().nullable().describe('What the server or the system said last'),
  server: z.string().nullable().describe('Product and version of the database'),
  rollups: z.object({
    through: z
      .string()
      .nullable()
      .describe(
        'Every window that ends before this moment is kept; charts take what is later from the readings',
      ),
    lagMs: z
      .number()
      .describe(
        'Milliseconds behind the newest reading; a few minutes are the grace for late ones',
      ),
    dirty: z
      .number()
      .describe(
        'Hours and days of devices or types that wait to be worked out again; until then charts take the readings',
      ),
  }),
  retention: z
    .object({
      at: z.string(),
      pieces: z.number().describe('Files, or deletions in the database'),
      bytes: z.number().nullable().describe('Null: not known'),
    })
    .nullable()
    .describe('When retention last ran and what it took; null: not since the start'),
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
