// One write request of the official client: a writer of its own per batch, no retries, no buffer, and no success but a 204 for
// every line. What the answer means is said here; what to do about it, elsewhere.

import { InfluxDB } from '@influxdata/influxdb-client'
import type { TelemetryLevel } from '../../ports.ts'
import { createClientTransport } from './client-transport.ts'
import { InfluxUnavailable, sentenceIn } from './errors.ts'
import type { Generation } from './flavour.ts'
import type { InfluxServer } from './server.ts'
import { bucketOf, policyOf, type Target } from './target.ts'

/** Smaller bodies are not worth it. */
const GZIP_ABOVE_CHARS = 1_000

export type Posted =
  | { readonly kind: 'accepted' }
  /** At least one of the lines is at fault; the others may be stored or not. */
  | { readonly kind: 'refused'; readonly reason: string }

export type PostLines = (level: TelemetryLevel, lines: readonly string[]) => Promise<Posted>

/** Throws `TelemetryUnavailable` when the lines are not to blame. */
export function createPostLines(
  server: InfluxServer,
  target: Target,
  organisation: () => Promise<string>,
): PostLines {
  return async (level, lines) => {
    const { generation } = await server.flavour()
    const transport = createClientTransport(server)
    let acknowledged = 0
    const writer = new InfluxDB({ url: server.url, transport }).getWriteApi(
      generation === '2' ? await organisation() : '',
      bucketOf(target.database, level),
      'ms',
      {
        batchSize: lines.length + 1,
        maxBatchBytes: Number.MAX_SAFE_INTEGER,
        flushInterval: 0,
        maxRetries: 0,
        gzipThreshold: GZIP_ABOVE_CHARS,
        writeSuccess: (written) => {
          acknowledged = written.length
        },
        // Answering for it keeps the client from logging the failure, and from taking some for a success.
        async writeFailed(error) {
          throw error
        },
      },
    )
    if (generation === '1') writer.path = pathOf1(target, level)
    try {
      writer.writeRecords([...lines])
      await writer.flush()
    } catch (error) {
      if (transport.outcome === null) throw error
    } finally {
      writer.dispose()
    }
    const { outcome } = transport
    if (outcome === null) throw new Error('Cannot write to InfluxDB: the client has sent nothing')
    if (outcome.kind === 'failed') throw outcome.error
    if (outcome.answer.status === 204 && acknowledged === lines.length) return { kind: 'accepted' }
    return judged(outcome.answer.status, sentenceIn(outcome.text), generation, server)
  }
}

function pathOf1(target: Target, level: TelemetryLevel): string {
  return `/write?db=${encodeURIComponent(target.database)}&rp=${policyOf(level)}&precision=ms`
}

function judged(
  status: number,
  sentence: string,
  generation: Generation,
  server: InfluxServer,
): Posted {
  const reason = server.told(
    `InfluxDB answered ${status}: ${sentence === '' ? 'no reason given' : sentence}`,
  )
  // 201: a cluster of 3 has taken some of the lines.
  if (status === 400 || status === 413 || status === 422 || status === 201)
    return { kind: 'refused', reason }
  if (status === 404) throw new InfluxUnavailable('missing', reason)
  throw new InfluxUnavailable(
    'failing',
    `Expected InfluxDB ${generation} to answer a write with 204: ${reason}`,
  )
}
