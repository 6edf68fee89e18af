// Carries what the official client sends over our own exchange, so that its writes have our time limits and our secrets, and so that
// the answer is seen as it came: the client takes a 201, which may have lost lines, for a success.

import { HttpError, InfluxDB, type SendOptions, type Transport } from '@influxdata/influxdb-client'
import type { InfluxAnswer, InfluxServer } from './server.ts'

export interface ClientTransport extends Transport {
  /** What the server has answered to the last `send`, or why it has not. Null before the first. */
  readonly outcome: Exchanged | null
}

export type Exchanged =
  | { readonly kind: 'answered'; readonly answer: InfluxAnswer; readonly text: string }
  | { readonly kind: 'failed'; readonly error: unknown }

export function createClientTransport(server: InfluxServer): ClientTransport {
  const { chunkCombiner } = new InfluxDB({ url: server.url }).transport
  let outcome: Exchanged | null = null

  async function exchange(path: string, body: string, options: SendOptions): Promise<Exchanged> {
    try {
      const answer = await server.request({
        method: 'POST',
        path,
        body,
        headers: options.headers ?? {},
        ...(options.gzipThreshold !== undefined && { gzipAbove: options.gzipThreshold }),
      })
      return { kind: 'answered', answer, text: answer.status === 204 ? '' : await answer.text() }
    } catch (error) {
      return { kind: 'failed', error }
    }
  }

  return {
    chunkCombiner,
    get outcome() {
      return outcome
    },
    send(path, body, options, callbacks = {}) {
      void exchange(path, body, options).then((ended) => {
        outcome = ended
        if (ended.kind === 'answered' && ended.answer.status === 204) {
          callbacks.responseStarted?.({}, 204)
          callbacks.complete?.()
        } else callbacks.error?.(errorOf(ended))
      })
    },
    request: () => Promise.reject(onlyWrites()),
    iterate() {
      throw onlyWrites()
    },
  }
}

function errorOf(ended: Exchanged): Error {
  if (ended.kind === 'answered') return new HttpError(ended.answer.status, undefined)
  return ended.error instanceof Error ? ended.error : new Error(String(ended.error))
}

function onlyWrites(): Error {
  return new Error('Cannot ask over the transport of writes: expected a write')
}
