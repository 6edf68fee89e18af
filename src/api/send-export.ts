// Sends an export: as fast as its reader takes it and no faster, to the end or until the reader leaves, signs out or stands still.

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TelemetryUnavailable } from '../ports.ts'
import type { ExportPiece } from './export-table.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'

/** Longest time between two pieces that the reader takes, or the database gives. */
const STALL_MS = 60_000
const EXPORT_MS = 3_600_000

export interface SendExportOptions {
  readonly dataset: string
  readonly pieces: AsyncGenerator<ExportPiece, void, undefined>
  readonly contentType: string
  /** Plain ASCII, without quotes. */
  readonly fileName: string
  /** Gives back the turn; runs once, however it ends. */
  readonly onEnd: () => void
}

/** Rejects while nothing has been sent yet; later failures cut the connection, so that no half file passes for a whole one. */
export async function sendExport(
  request: FastifyRequest,
  reply: FastifyReply,
  { clock, log }: Pick<ApiParts, 'clock' | 'log'>,
  { dataset, pieces, contentType, fileName, onEnd }: SendExportOptions,
): Promise<FastifyReply> {
  const { name: by, session } = principalOf(request)
  const stopped = Promise.withResolvers<never>()
  // Once the file has begun, nobody waits for it any more.
  stopped.promise.catch(() => undefined)
  let stream: Readable | null = null
  let rows = 0
  let outcome = 'running'
  let isEnded = false
  let cancelStall: (() => void) | null = null

  function end(): void {
    if (isEnded) return
    isEnded = true
    cancelStall?.()
    cancelWhole()
    forgetSession?.()
    // Not awaited: a database that does not answer must not keep the turn.
    pieces.return().catch((error: unknown) => log.warn({ err: error }, 'cannot leave an export'))
    onEnd()
    const durationMs = Math.round(reply.elapsedTime)
    const { id: requestId, ip: address } = request
    log.info({ requestId, by, address, dataset, rows, outcome, durationMs }, 'export')
  }

  function stop(why: string): void {
    if (isEnded) return
    outcome = why
    end()
    stopped.reject(new TelemetryUnavailable(`The export ${why}`))
    if (stream === null) return
    stream.destroy()
    reply.raw.destroy()
  }

  function moved(): void {
    cancelStall?.()
    cancelStall = isEnded ? null : clock.after(STALL_MS, () => stop('stood still'))
  }

  async function* text(first: IteratorResult<ExportPiece, void>) {
    try {
      for (let next = first; next.done !== true; next = await pieces.next()) {
        rows += next.value.rows
        moved()
        yield next.value.text
        moved()
      }
      outcome = 'complete'
    } catch (error) {
      outcome = 'failed'
      throw error
    }
  }

  const cancelWhole = clock.after(EXPORT_MS, () => stop('took too long'))
  const forgetSession = session?.onEnd(() => stop('was signed out'))
  reply.raw.once('close', () => stop(outcome === 'running' ? 'was left' : outcome))
  moved()
  try {
    const first = await Promise.race([pieces.next(), stopped.promise])
    stream = Readable.from(text(first), { objectMode: false })
  } catch (error) {
    if (outcome === 'running') outcome = 'failed'
    end()
    throw error
  }
  stream.on('close', end)
  return reply
    .type(contentType)
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .send(stream)
}
