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
          'What became of everything that came in (journaled = stored + quarantined + duplicate + pending), how far each part is behind, and how the telemetry database and its rollups stand',
        response: {
          200: z.object({
            journaled: z
              .number()
              .describe(
                'Readings and messages taken into the journal; what follows accounts for them',
              ),
            stored: z.number().describe('Readings that the telemetry database has as new rows'),
            quarantined: z
              .number()
              .describe('Refused after they were journaled, with a reason: see /quarantine'),
            duplicate: z
              .number()
              .describe(
                'Readings of a device and time that were stored before: nothing is missing',
              ),
            revised: z
              .number()
              .describe('The part of `duplicate` that brought other values, which took the place'),
            pending: z.number().describe('Journaled, and not yet stored or quarantined'),
            holds: z
              .boolean()
              .describe('Whether the sum is right; false is a fault of the product'),
            lagMs: z
              .number()
              .describe('Milliseconds for which the oldest record has waited to be judged'),
            cursors: z
              .array(
                z.object({
                  name: z.string(),
                  position: z.string().describe('Place in the journal'),
                  lagMs: z
                    .number()
                    .describe('Milliseconds behind; 0 when there is nothing left to do'),
                }),
              )
              .describe(
                'How far each reader of the journal is: `engine` judges, `telemetry` stores, `snapshot` saves the state for the next start, `rollups` makes windows',
              ),
            refused: z
              .record(z.string(), z.number())
              .describe('Turned away at a door since the start and never journaled, by reason'),
            journal: z.object({
              bytesOnDisk: z.number(),
              segments: z.number().describe('Files'),
              pendingEntries: z.number().describe('Records that wait to be safe on disk'),
              holding: z
                .string()
                .nullable()
                .describe(
                  'Why nothing is made safe at the moment, such as a full disk or an engine that does not follow; null: all goes on',
                ),
            }),
            connections: z.number().describe('Open MQTT connections'),
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
