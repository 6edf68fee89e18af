// One reader's connection as a stream of server-sent events. Never waits for the reader: who falls behind is told so and sent away.

import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Clock } from '../ports.ts'
import type { Principal } from './principal.ts'

/** More than this may not wait for one reader. */
export const WAITING_BYTES_MAX = 2 ** 20
/** A reader that does not even take the farewell is cut off. */
const FAREWELL_MS = 5000

export interface EventStream {
  send(text: string): void
  end(): void
}

export interface EventStreamOptions {
  readonly principal: Principal
  readonly clock: Clock
  /** The last event for a reader who is too slow. */
  readonly farewell: () => string
  /** Runs once, whoever ends it. */
  readonly onClosed: () => void
}

/** Takes the answer over from Fastify; the headers that the hooks have set are kept. */
export function openEventStream(reply: FastifyReply, options: EventStreamOptions): EventStream {
  const { principal, clock, farewell, onClosed } = options
  reply.hijack()
  const raw: ServerResponse = reply.raw
  let isOpen = true
  let cancelCut: (() => void) | null = null

  function closed(): void {
    isOpen = false
    forgetSession?.()
    onClosed()
  }

  function end(): void {
    if (!isOpen) return
    closed()
    raw.end()
    cancelCut = clock.after(FAREWELL_MS, () => raw.destroy())
  }

  const forgetSession = principal.session?.onEnd(end)
  raw.on('close', () => {
    cancelCut?.()
    if (isOpen) closed()
  })
  // A broken connection is an end like any other; 'close' follows.
  raw.on('error', () => undefined)
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)
  raw.writeHead(200, {
    ...Object.fromEntries(headers),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // The end of the stream is the end of the connection.
    connection: 'close',
    // A proxy must not gather events.
    'x-accel-buffering': 'no',
  })
  return {
    send(text) {
      if (!isOpen) return
      if (raw.writableLength <= WAITING_BYTES_MAX) {
        raw.write(text)
        return
      }
      raw.write(farewell())
      end()
    },
    end,
  }
}
