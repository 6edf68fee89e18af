// /pipeline: the accounting of everything that came in, and how far behind the readers of the journal are.

import { z } from 'zod'
import { access } from './access.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'
import { telemetryStatusSchema, telemetryStatusView } from './telemetry-status.ts'
import type { Times } from './times.ts'

export function pipelineRoutes(app: Server, parts: Pick<ApiParts, 'pipeline'>, times: Times): void {
  app.get(
    '/pipeline',
    {
      config: { access: access.watchSystem },
      schema: {
        tags: ['pipeline'],
        summary:
          'journaled = stored + quarantined + duplicate + pending, live; how the telemetry database and its rollups stand',
        response: {
          200: z.object({
            journaled: z.number(),
            stored: z.number(),
            quarantined: z.number(),
            duplicate: z.number(),
            revised: z.number(),
            pending: z.number(),
            holds: z.boolean(),
            lagMs: z.number(),
            cursors: z.array(
              z.object({ name: z.string(), position: z.string(), lagMs: z.number() }),
            ),
            refused: z.record(z.string(), z.number()),
            journal: z.object({
              bytesOnDisk: z.number(),
              segments: z.number(),
              pendingEntries: z.number(),
              holding: z.string().nullable(),
            }),
            connections: z.number(),
            telemetry: telemetryStatusSchema,
          }),
        },
      },
    },
    () => {
      const status = parts.pipeline()
      return {
        ...status,
        cursors: [...status.cursors],
        telemetry: telemetryStatusView(status.telemetry, times),
      }
    },
  )
}
