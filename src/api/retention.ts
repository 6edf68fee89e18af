// /retention: how long telemetry is kept, and what would go now. It only looks: nothing is deleted over HTTP.

import { z } from 'zod'
import { rollupLevels, type Expired } from '../ports.ts'
import { access } from './access.ts'
import type { ApiParts } from './parts.ts'
import type { Questions } from './questions.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const PIECES_SHOWN_MAX = 1000

const levelSchema = z.enum(['raw', ...rollupLevels])

export function retentionRoutes(
  app: Server,
  parts: Pick<ApiParts, 'telemetry' | 'retentionPolicy'>,
  times: Times,
  questions: Questions,
): void {
  app.get(
    '/retention',
    {
      config: { access: access.retention },
      schema: {
        tags: ['retention'],
        summary:
          'The dry run of retention: how long each level is kept, with exceptions by type, and what lies beyond it now. Nothing goes before the setting has wanted it for about a day (`dueAt`): a setting that is put back in that time has taken nothing',
        response: {
          200: z.object({
            policy: z
              .record(levelSchema, z.string())
              .describe('How long each level is kept, as the settings say: `90d,streetlight=30d`'),
            expired: z.array(
              z.object({
                level: levelSchema,
                type: z.string(),
                from: z.string(),
                to: z.string().describe('Exclusive'),
                rows: z.number().nullable().describe('Null: not known'),
                bytes: z.number().nullable().describe('Null: not known'),
                where: z.string().describe('File or measurement'),
                dueAt: z
                  .string()
                  .nullable()
                  .describe('When it goes at the earliest; null: with the next run'),
              }),
            ),
            totals: z.object({
              pieces: z.number(),
              rows: z.number().nullable().describe('Null: not known of every piece'),
              bytes: z.number().nullable().describe('Null: not known of every piece'),
            }),
            truncated: z
              .boolean()
              .describe(`There are more than ${PIECES_SHOWN_MAX} pieces; totals count all`),
          }),
        },
      },
    },
    (_request, reply) =>
      questions.run(reply, async () => {
        const expired = await parts.telemetry.expired()
        return {
          policy: { ...parts.retentionPolicy },
          expired: expired.slice(0, PIECES_SHOWN_MAX).map((piece) => view(piece, times)),
          totals: {
            pieces: expired.length,
            rows: sumOf(expired.map(({ rows }) => rows)),
            bytes: sumOf(expired.map(({ bytes }) => bytes)),
          },
          truncated: expired.length > PIECES_SHOWN_MAX,
        }
      }),
  )
}

function view({ level, type, from, to, rows, bytes, where, dueAt }: Expired, times: Times) {
  return {
    level,
    type,
    from: times.iso(from),
    to: times.iso(to),
    rows,
    bytes,
    where,
    dueAt: dueAt === undefined ? null : times.iso(dueAt),
  }
}

/** A sum with something unknown in it is unknown. */
function sumOf(numbers: readonly (number | null)[]): number | null {
  let sum = 0
  for (const number of numbers) {
    if (number === null) return null
    sum += number
  }
  return sum
}
